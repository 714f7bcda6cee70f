import { Router } from 'express';
import type { Database } from '../db/database.ts';
import { notFound } from '../errors.ts';
import { refuseOtherMethods } from '../middleware/problems.ts';
import { createTask, deleteTask, listTasks, readTask, toggleTask, updateTask } from '../tasks/queries.ts';
import { newTask, type Task, taskChanges, taskFilter, taskPath } from '../tasks/schema.ts';
import { create } from './create.ts';
import { callerOf, parse } from './parse.ts';
import { sendJson } from './send-json.ts';

const TASKS = '/api/v1/tasks';

/** The caller's tasks. Every query takes the caller's id, so another user's task is as absent as one that never was. */
export function taskRoutes(database: Database): Router {
  const router = Router();

  router
    .route(TASKS)
    .get(async (req, res) => {
      const filter = parse(taskFilter, 'query', req.query);
      const page = await database.read((db) => listTasks(db, callerOf(res).userId, filter));
      sendJson(res, page);
    })
    .post(async (req, res) => {
      const task = await create({ database, req, res }, parse(newTask, 'body', req.body), createTask);
      res.status(201).location(`${TASKS}/${task.id}`).json(task);
    })
    .all(refuseOtherMethods('GET', 'POST'));

  router
    .route(`${TASKS}/:id`)
    .get(async (req, res) => {
      const { id } = parse(taskPath, 'path', req.params);
      res.json(found(await database.read((db) => readTask(db, callerOf(res).userId, id))));
    })
    .put(async (req, res) => {
      const { id } = parse(taskPath, 'path', req.params);
      const changes = parse(taskChanges, 'body', req.body);
      // PUT is idempotent (RFC 9110 section 9.2.2): setting the same values twice sets them.
      res.json(found(await database.write((db) => updateTask(db, callerOf(res).userId, id, changes), { repeatable: true })));
    })
    .delete(async (req, res) => {
      const { id } = parse(taskPath, 'path', req.params);
      if (!(await database.write((db) => deleteTask(db, callerOf(res).userId, id)))) throw notFound();
      res.status(204).end();
    })
    .all(refuseOtherMethods('GET', 'PUT', 'DELETE'));

  router
    .route(`${TASKS}/:id/complete`)
    .patch(async (req, res) => {
      const { id } = parse(taskPath, 'path', req.params);
      res.json(found(await database.write((db) => toggleTask(db, callerOf(res).userId, id))));
    })
    .all(refuseOtherMethods('PATCH'));

  return router;
}

function found(task: Task | undefined): Task {
  if (task === undefined) throw notFound();
  return task;
}
