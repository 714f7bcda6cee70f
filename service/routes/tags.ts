import { Router } from 'express';
import type { Database } from '../db/database.ts';
import { notFound } from '../errors.ts';
import { refuseOtherMethods } from '../middleware/problems.ts';
import { createTag, deleteTag, listTags, readTag, suggestTags } from '../tags/queries.ts';
import { newTag, tagPageQuery, tagPath, tagPrefix } from '../tags/schema.ts';
import { create } from './create.ts';
import { callerOf, parse } from './parse.ts';
import { sendJson } from './send-json.ts';

const TAGS = '/api/v1/tags';

/** The caller's tags. */
export function tagRoutes(database: Database): Router {
  const router = Router();

  router
    .route(TAGS)
    .get(async (req, res) => {
      const query = parse(tagPageQuery, 'query', req.query);
      sendJson(res, await database.read((db) => listTags(db, callerOf(res).userId, query)));
    })
    .post(async (req, res) => {
      const tag = await create({ database, req, res }, parse(newTag, 'body', req.body), createTag);
      res.status(201).location(`${TAGS}/${tag.id}`).json(tag);
    })
    .all(refuseOtherMethods('GET', 'POST'));

  router
    .route(`${TAGS}/autocomplete`)
    .get(async (req, res) => {
      const prefix = parse(tagPrefix, 'query', req.query);
      res.json({ tags: await database.read((db) => suggestTags(db, callerOf(res).userId, prefix)) });
    })
    .all(refuseOtherMethods('GET'));

  router
    .route(`${TAGS}/:id`)
    .get(async (req, res) => {
      const { id } = parse(tagPath, 'path', req.params);
      const tag = await database.read((db) => readTag(db, callerOf(res).userId, id));
      if (tag === undefined) throw notFound();
      res.json(tag);
    })
    .delete(async (req, res) => {
      const { id } = parse(tagPath, 'path', req.params);
      if (!(await database.write((db) => deleteTag(db, callerOf(res).userId, id)))) throw notFound();
      res.status(204).end();
    })
    .all(refuseOtherMethods('GET', 'DELETE'));

  return router;
}
