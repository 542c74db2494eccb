/** What a variable of a template holds: rows of data, a short local name such as `U1`, or a number. */
export type VariableKind = 'rows' | 'name' | 'number';

/** What a task may show, and what its answer must be. */
export interface PromptTask {
  readonly role: 'integrator' | 'utilizer' | 'augmenter';
  readonly output: 'preference' | 'property' | 'update' | 'selection' | 'order' | 'profile' | 'attributes' | 'pair';
  readonly variables: Readonly<Record<string, VariableKind>>;
  /** whether pictures belong to the task */
  readonly images: boolean;
}

const preference = { user: 'name', items: 'rows' } as const;
const property = { item: 'rows', others: 'rows' } as const;

/** The nine tasks of AgentMMRec, and the three of LLMRec. A template must use exactly the variables of its task and name its output. */
export const promptTasks = {
  'preference-text': { role: 'integrator', output: 'preference', variables: preference, images: false },
  'preference-visual': { role: 'integrator', output: 'preference', variables: preference, images: true },
  'preference-multimodal': { role: 'integrator', output: 'preference', variables: preference, images: true },
  'property-text': { role: 'integrator', output: 'property', variables: property, images: false },
  'property-visual': { role: 'integrator', output: 'property', variables: property, images: true },
  'property-multimodal': { role: 'integrator', output: 'property', variables: property, images: true },
  'update-preference': {
    role: 'integrator',
    output: 'update',
    variables: { user: 'name', preferences: 'rows', truth: 'rows', scores: 'rows' },
    images: false,
  },
  'refine-graph': {
    role: 'utilizer',
    output: 'selection',
    variables: { item: 'rows', properties: 'rows', candidates: 'rows', preferences: 'rows', count: 'number' },
    images: true,
  },
  rerank: {
    role: 'utilizer',
    output: 'order',
    variables: { user: 'name', preferences: 'rows', candidates: 'rows', count: 'number' },
    images: false,
  },
  'user-profile': { role: 'augmenter', output: 'profile', variables: preference, images: false },
  'item-attributes': { role: 'augmenter', output: 'attributes', variables: { item: 'rows' }, images: false },
  'augment-edges': {
    role: 'augmenter',
    output: 'pair',
    variables: { user: 'name', items: 'rows', candidates: 'rows' },
    images: false,
  },
} as const satisfies Record<string, PromptTask>;

/** The name of a task. */
export type PromptTaskName = keyof typeof promptTasks;

/** All tasks. */
export const promptTaskNames = Object.keys(promptTasks) as readonly PromptTaskName[];

/** The nine tasks of AgentMMRec. */
export const knowledgeTaskNames = promptTaskNames.filter((name) => promptTasks[name].role !== 'augmenter');
/** The three tasks of LLMRec. */
export const augmentationTaskNames = promptTaskNames.filter((name) => promptTasks[name].role === 'augmenter');
