import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema, type CallToolResult, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Problem } from '../client/client.js';
import type { Explorer } from '../open.js';
import { handlersOf } from '../server/handlers.js';
import { refusalOf } from '../server/refusal.js';
import { readInput, tools } from './tools.js';

/** A server of tools, not connected yet. It answers from the same handlers as HTTP does and changes nothing. */
export function buildToolServer(explorer: Explorer, version: string, onError?: (error: unknown) => void): Server {
  const handlers = handlersOf(explorer, version);
  const server = new Server(
    { name: 'agentmmrec', version },
    {
      capabilities: { tools: {} },
      instructions:
        "Recommendations of a trained model, why they are made, and what is known of users and items. Ids are the data set's own: `find` finds them.",
    },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, description, input }) => ({
      name,
      description,
      inputSchema: JSON.parse(JSON.stringify(input)) as { type: 'object' },
      annotations: { readOnlyHint: true, openWorldHint: false },
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }): Promise<CallToolResult> => {
    const tool = tools.find(({ name }) => name === params.name);
    if (!tool) {
      const known = tools.map(({ name }) => name).join(', ');
      return refused({
        error: 'tool',
        got: JSON.stringify(params.name),
        expected: `one of ${known}`,
        hint: 'tools/list says what each is for',
      });
    }
    const input = readInput(tool, params.arguments);
    if ('problem' in input) return refused(input.problem);
    try {
      const { value, text } = await tool.call(handlers, input.value);
      return { content: [{ type: 'text', text }], structuredContent: value as Record<string, unknown> };
    } catch (cause) {
      const { status, problem } = refusalOf(cause);
      if (status >= 500) onError?.(cause);
      return refused(problem);
    }
  });
  return server;
}

function refused({ error, got, expected, hint }: Problem): CallToolResult {
  return {
    isError: true,
    content: [{ type: 'text', text: `${error}: got ${got}, expected ${expected}. HINT: ${hint}` }],
  };
}
