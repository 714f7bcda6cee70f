import { Router } from 'express';
import type { Database } from '../db/database.ts';
import { notFound } from '../errors.ts';
import { rejectOtherMethods } from '../middleware/problems.ts';
import { createTask, deleteTask, listTasks, readTask, toggleTask, updateTask } from '../tasks/queries.ts';
import { newTask, type Task, taskChanges, taskFilter, taskPath } from '../tasks/schema.ts';
import { create } from './create.ts';
import { parse, userIdOf } from './parse.ts';
import { sendJson } from './send-json.ts';

const TASKS = '/api/v1/tasks';

/** The caller's tasks. Every query takes the caller's id, so another user's task is the same 404 as one that never existed. */
export function taskRoutes(database: Database): Router {
  const router = Router();

  router
    .route(TASKS)
    .get(async (req, res) => {
      const filter = parse(taskFilter, 'query', req.query);
      const page = await database.read((db) => listTasks(db, userIdOf(res), filter));
      sendJson(res, page);
    })
    .post(async (req, res) => {
      const task = await create({ database, req, res }, parse(newTask, 'body', req.body), createTask);
      res.status(201).location(`${TASKS}/${task.id}`).json(task);
    })
    .all(rejectOtherMethods('GET', 'POST'));

  router
    .route(`${TASKS}/:id`)
    .get(async (req, res) => {
      const { id } = parse(taskPath, 'path', req.params);
      res.json(found(await database.read((db) => readTask(db, userIdOf(res), id))));
    })
    .put(async (req, res) => {
      const { id } = parse(taskPath, 'path', req.params);
      const changes = parse(taskChanges, 'body', req.body);
      // PUT is idempotent (RFC 9110 section 9.2.2).
      res.json(found(await database.write((db) => updateTask(db, userIdOf(res), id, changes), { idempotent: true })));
    })
    .delete(async (req, res) => {
      const { id } = parse(taskPath, 'path', req.params);
      if (!(await database.write((db) => deleteTask(db, userIdOf(res), id)))) throw notFound();
      res.status(204).end();
    })
    .all(rejectOtherMethods('GET', 'PUT', 'DELETE'));

  router
    .route(`${TASKS}/:id/complete`)
    .patch(async (req, res) => {
      const { id } = parse(taskPath, 'path', req.params);
      res.json(found(await database.write((db) => toggleTask(db, userIdOf(res), id))));
    })
    .all(rejectOtherMethods('PATCH'));

  return router;
}

function found(task: Task | undefined): Task {
  if (task === undefined) throw notFound();
  return task;
}
