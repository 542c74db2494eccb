import { eventsPath, type Operation } from './paths.js';
import { type Route, routes } from './routes.js';
import { problem } from './schemas.js';

/** The OpenAPI 3.1 document of the server, made of the schemas it checks by. */
export function openApiDocument(version: string): object {
  const described = (Object.entries(routes) as [Operation, Route][]).map(([name, one]) => [
    one.path.replace(/:(\w+)/g, '{$1}'),
    { get: operation(name, one) },
  ]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'AgentMMRec explorer',
      version,
      summary: 'What a workspace holds: data sets, runs, knowledge, recommendations with their reasons. Read only.',
    },
    paths: {
      ...Object.fromEntries(described),
      '/api/items/{item}/picture': {
        get: {
          operationId: 'itemPicture',
          summary: 'The picture of an item',
          parameters: [parameter('item', 'path', routes.getItem.params.properties.item, true)],
          responses: { 200: { description: 'a picture', content: { 'image/*': {} } }, ...refusals },
        },
      },
      [eventsPath]: {
        get: {
          operationId: 'events',
          summary: 'Changes as server-sent events: "runs" with listRuns, "jobs" with listJobs, each when it changes',
          responses: { 200: { description: 'events', content: { 'text/event-stream': {} } }, ...refusals },
        },
      },
    },
    components: {
      schemas: { Problem: plain(problem) },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'asked for where the server listens to other machines' },
      },
    },
  };
}

const refusals = {
  '4XX': {
    description: 'a refusal',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } },
  },
};

function operation(name: Operation, { summary, params, query, reply }: Route): object {
  const parameters = [
    ...Object.entries(params.properties).map(([key, schema]) => parameter(key, 'path', schema, true)),
    ...Object.entries(query.properties).map(([key, schema]) =>
      parameter(key, 'query', schema, (query.required ?? []).includes(key) && !('default' in (schema as object))),
    ),
  ];
  const responses = {
    200: { description: summary, content: { 'application/json': { schema: plain(reply) } } },
    ...refusals,
  };
  return { operationId: name, summary, parameters, responses };
}

function parameter(name: string, place: 'path' | 'query', schema: object, required: boolean): object {
  const { description, ...rest } = plain(schema) as { description?: string };
  return { name, in: place, required, ...(description && { description }), schema: rest };
}

/** The schema as JSON has it. */
function plain(schema: object): object {
  return JSON.parse(JSON.stringify(schema)) as object;
}
