/** How much there is in the document. */

interface Content {
  readonly content?: Readonly<Record<string, { readonly examples?: object; readonly example?: unknown }>>;
}

interface Operation {
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: object;
  readonly components: { readonly schemas: object; readonly responses: Readonly<Record<string, Content>> };
}

export function countsOf({ paths, webhooks, components }: Document) {
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const answers = operations.flatMap(({ responses }) => Object.values(responses));
  const bodies = operations.flatMap(({ requestBody }) => requestBody ?? []);
  return {
    operations: operations.length,
    webhooks: Object.keys(webhooks).length,
    schemas: Object.keys(components.schemas).length,
    responses: answers.length,
    "examples of bodies": examplesIn(bodies),
    "examples of answers": examplesIn([...answers, ...Object.values(components.responses)]),
  };
}

function examplesIn(all: readonly Content[]): number {
  const contents = all.flatMap(({ content = {} }) => Object.values(content));
  return contents.reduce((sum, { examples = {}, example }) => {
    return sum + Object.keys(examples).length + (example === undefined ? 0 : 1);
  }, 0);
}
