import { Router } from 'express';
import type { Database } from '../db/database.ts';
import { notFound } from '../errors.ts';
import { rejectOtherMethods } from '../middleware/problems.ts';
import { createTag, deleteTag, listTags, readTag, suggestTags } from '../tags/queries.ts';
import { newTag, tagPageQuery, tagPath, tagPrefix } from '../tags/schema.ts';
import { create } from './create.ts';
import { parse, userIdOf } from './parse.ts';
import { sendJson } from './send-json.ts';

const TAGS = '/api/v1/tags';

/** The caller's tags. */
export function tagRoutes(database: Database): Router {
  const router = Router();

  router
    .route(TAGS)
    .get(async (req, res) => {
      const query = parse(tagPageQuery, 'query', req.query);
      sendJson(res, await database.read((db) => listTags(db, userIdOf(res), query)));
    })
    .post(async (req, res) => {
      const tag = await create({ database, req, res }, parse(newTag, 'body', req.body), createTag);
      res.status(201).location(`${TAGS}/${tag.id}`).json(tag);
    })
    .all(rejectOtherMethods('GET', 'POST'));

  router
    .route(`${TAGS}/autocomplete`)
    .get(async (req, res) => {
      const prefix = parse(tagPrefix, 'query', req.query);
      res.json({ tags: await database.read((db) => suggestTags(db, userIdOf(res), prefix)) });
    })
    .all(rejectOtherMethods('GET'));

  router
    .route(`${TAGS}/:id`)
    .get(async (req, res) => {
      const { id } = parse(tagPath, 'path', req.params);
      const tag = await database.read((db) => readTag(db, userIdOf(res), id));
      if (tag === undefined) throw notFound();
      res.json(tag);
    })
    .delete(async (req, res) => {
      const { id } = parse(tagPath, 'path', req.params);
      if (!(await database.write((db) => deleteTag(db, userIdOf(res), id)))) throw notFound();
      res.status(204).end();
    })
    .all(rejectOtherMethods('GET', 'DELETE'));

  return router;
}
