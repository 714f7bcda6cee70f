import {
  created,
  found,
  headerComponents,
  type JsonObject,
  noContent,
  ok,
  parameters,
  privateOperation,
  problemComponents,
  publicOperation,
  response,
  schemaComponents,
} from './parts.ts';
import { creationHeaders } from '../routes/create.ts';
import { healthReport, liveness } from '../routes/health.ts';
import { newTag, tag, tagPage, tagPageQuery, tagPath, tagPrefix, tagSuggestions } from '../tags/schema.ts';
import { newTask, task, taskChanges, taskFilter, taskPage, taskPath } from '../tasks/schema.ts';

/** How many requests at once one replica serves: ten connections to the database serve a hundred within a second. */
const CONCURRENT_REQUESTS = 100;

/** What the service does beyond what any API must do, by the names that the audit knows. */
const POLICIES = [
  'problem-details',
  'other-origins-rejected',
  'exact-preflights',
  'vary-on-every-response',
  'rate-limit-headers',
  'body-limit',
  'method-not-allowed',
  'strict-parameters',
  'closed-health',
  'security-headers',
];

/** The contract as OpenAPI 3.1, built from the schemas that the routes use. */
export function openApiDocument(): JsonObject {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tasks API',
      version: '1.0.0',
      description: [
        "Each user's private tasks and tags. For another user's object the response is the same 404 as for one that never existed.",
        'Every error is a problem (RFC 9457). The response to a method that a path does not support is 405 with Allow. Paths with GET support HEAD.',
      ].join('\n\n'),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    'x-concurrent-requests': CONCURRENT_REQUESTS,
    'x-policies': POLICIES,
    tags: [
      { name: 'tasks', description: 'Things that a user has to do' },
      { name: 'tags', description: 'Labels for tasks, unique per user' },
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
      get: publicOperation('getHealth', 'Whether requests can be served; queries the database', {
        200: response('Requests can be served', healthReport),
        503: response('The database is unreachable, accepts no writes or lacks migrations, or the process is stopping', healthReport, [
          'Retry-After',
        ]),
      }),
    },
    '/livez': {
      get: publicOperation('getLiveness', 'Whether the process is running; does not query the database', {
        200: response('The process is running', liveness),
      }),
    },
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
      delete: privateOperation('tasks', 'deleteTask', 'Delete a task', { success: noContent('It is deleted'), problems: [404] }),
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
      get: privateOperation('tags', 'suggestTags', 'Suggest tags by prefix', {
        parameters: parameters('query', tagPrefix),
        success: found('The first tags with this prefix, by name', tagSuggestions),
      }),
    },
    '/api/v1/tags/{id}': {
      parameters: parameters('path', tagPath),
      get: privateOperation('tags', 'readTag', 'Read a tag', { success: found('The tag', tag), problems: [404] }),
      delete: privateOperation('tags', 'deleteTag', 'Delete a tag, also from tasks', { success: noContent('It is deleted'), problems: [404] }),
    },
  };
}
