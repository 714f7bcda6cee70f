import {
  answer,
  created,
  found,
  headerComponents,
  type JsonObject,
  noContent,
  ok,
  openOperation,
  parameters,
  privateOperation,
  problemComponents,
  schemaComponents,
} from './parts.ts';
import { creationHeaders } from '../routes/create.ts';
import { healthReport, liveness } from '../routes/health.ts';
import { newTag, tag, tagPage, tagPageQuery, tagPath, tagPrefix, tagSuggestions } from '../tags/schema.ts';
import { newTask, task, taskChanges, taskFilter, taskPage, taskPath } from '../tasks/schema.ts';

/** The contract as OpenAPI 3.1, made from the schemas the routes parse with. */
export function openApiDocument(): JsonObject {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tasks API',
      version: '1.0.0',
      description: [
        "Each user's private tasks and tags. Another user's object is answered like one that never was: 404.",
        'Every error is a problem (RFC 9457). A method that a path does not have is answered with 405 and Allow; GET paths answer HEAD.',
      ].join('\n\n'),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'tasks', description: 'What a user has to do' },
      { name: 'tags', description: 'Words to find tasks by, unique per user' },
      { name: 'health', description: 'Whether the service works' },
    ],
    security: [{ bearer: [] }],
    paths: { ...healthPaths(), ...taskPaths(), ...tagPaths() },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      headers: headerComponents,
      responses: problemComponents(),
      schemas: schemaComponents([newTask, taskChanges, newTag]),
    },
  };
}

function healthPaths(): JsonObject {
  return {
    '/health': {
      get: openOperation('getHealth', 'Whether requests can be served; asks the database', {
        200: answer('Everything works', healthReport),
        503: answer('The database cannot be reached, takes no writes or lacks migrations, or the process is stopping', healthReport, ['Retry-After']),
      }),
    },
    '/livez': { get: openOperation('getLiveness', 'Whether the process lives; asks nothing', { 200: answer('It lives', liveness) }) },
  };
}

function taskPaths(): JsonObject {
  const parametersOfTask = parameters('path', taskPath);
  return {
    '/api/v1/tasks': {
      get: privateOperation('tasks', 'listTasks', 'List tasks', {
        parameters: parameters('query', taskFilter),
        success: found('One page of tasks', taskPage),
      }),
      post: privateOperation('tasks', 'createTask', 'Create a task', {
        parameters: parameters('header', creationHeaders),
        body: newTask,
        success: created('The new task', task),
      }),
    },
    '/api/v1/tasks/{id}': {
      parameters: parametersOfTask,
      get: privateOperation('tasks', 'readTask', 'Read a task', { success: found('The task', task), problems: [404] }),
      put: privateOperation('tasks', 'updateTask', 'Change some fields of a task', {
        body: taskChanges,
        success: ok('The changed task', task),
        problems: [404],
      }),
      delete: privateOperation('tasks', 'deleteTask', 'Delete a task', { success: noContent('It is gone'), problems: [404] }),
    },
    '/api/v1/tasks/{id}/complete': {
      parameters: parametersOfTask,
      patch: privateOperation('tasks', 'toggleTask', 'Complete a task, or reopen it', { success: ok('The changed task', task), problems: [404] }),
    },
  };
}

function tagPaths(): JsonObject {
  return {
    '/api/v1/tags': {
      get: privateOperation('tags', 'listTags', 'List tags by name', {
        parameters: parameters('query', tagPageQuery),
        success: found('One page of tags', tagPage),
      }),
      post: privateOperation('tags', 'createTag', 'Create a tag', {
        parameters: parameters('header', creationHeaders),
        body: newTag,
        success: created('The new tag', tag),
        problems: [409],
      }),
    },
    '/api/v1/tags/autocomplete': {
      get: privateOperation('tags', 'suggestTags', 'Suggest tags for what is being typed', {
        parameters: parameters('query', tagPrefix),
        success: found('The first that begin so, by name', tagSuggestions),
      }),
    },
    '/api/v1/tags/{id}': {
      parameters: parameters('path', tagPath),
      get: privateOperation('tags', 'readTag', 'Read a tag', { success: found('The tag', tag), problems: [404] }),
      delete: privateOperation('tags', 'deleteTag', 'Delete a tag; tasks lose it', { success: noContent('It is gone'), problems: [404] }),
    },
  };
}
