/**
 * The OpenAPI document that the checkout serves, as code that compares values with it. Ajv makes functions of text,
 * which the Workers runtime refuses: so they are written here, in Node, once for all tests.
 */

import { Ajv2020 } from "ajv/dist/2020.js";
import standaloneOf from "ajv/dist/standalone/index.js";
import addFormats from "ajv-formats";
import type { Plugin } from "esbuild";
import { writtenDocument } from "../../../scripts/openapi/module.ts";
import type { Described, DescribedAnswer, DescribedHeader } from "./operations.ts";

const NAME = "described";

interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
  readonly headers?: Readonly<Record<string, DescribedHeader>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object; readonly responses: Readonly<Record<string, Answer>> };
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, Answer>>;
}

/** Every app that a test makes, and the Worker's own, is the one of test/support/described/app.ts. */
export function watchedApp(root: string): Plugin {
  const [real, watched] = [`${root}/src/app.ts`, `${root}/test/support/described/app.ts`];
  return {
    name: "watched-app",
    setup: (its) => {
      its.onResolve({ filter: /\/app\.ts$/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
        if (importer === watched || pluginData === NAME) return undefined;
        const found = await its.resolve(path, { importer, resolveDir, kind, pluginData: NAME });
        return found.path === real ? { path: watched } : undefined;
      });
      its.onResolve({ filter: /^\.\/validators\.js$/ }, ({ path }) => ({ path, namespace: NAME }));
      its.onLoad({ filter: /^/, namespace: NAME }, () => ({ contents: compiled(), resolveDir: root }));
    },
  };
}

/** `OPERATIONS`, and `VALIDATORS` by the names that those use. */
export function compiled(): string {
  const { paths, components } = JSON.parse(writtenDocument()) as Document;
  const ajv = new Ajv2020({ strict: false, inlineRefs: false, code: { source: true, esm: true } });
  addFormats.default(ajv);
  const $defs: Record<string, object> = { ...components.schemas };
  const names = new Map<string, string>();
  const nameOf = (schema: object) => {
    const text = JSON.stringify(schema);
    const name = names.get(text) ?? `v${names.size}`;
    $defs[name] = schema;
    names.set(text, name);
    return name;
  };
  const answer = ({ $ref, ...own }: Answer): DescribedAnswer => {
    const { content, headers = {} } =
      $ref === undefined ? own : (components.responses[$ref.split("/").at(-1) ?? ""] ?? {});
    const named = Object.entries(content ?? {}).map(([type, { schema }]) => [type, nameOf(schema)]);
    return { types: content === undefined ? null : Object.fromEntries(named), headers };
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, responses }]): Described => {
      const statuses = Object.entries(responses).map(([status, told]) => [status, answer(told)]);
      return { id: operationId, method: method.toUpperCase(), path, statuses: Object.fromEntries(statuses) };
    }),
  );
  const [activation, management] = ["ActivationProblem", "ManagementProblem"].map((name) => {
    return nameOf({ $ref: `#/components/schemas/${name}` });
  });
  const all = [...names.values()];
  ajv.addSchema(JSON.parse(JSON.stringify({ $defs }).replaceAll('"#/components/schemas/', '"#/$defs/')), "described");
  const code = standaloneOf(ajv, Object.fromEntries(all.map((name) => [name, `described#/$defs/${name}`])));
  return [
    code,
    `export const OPERATIONS = ${JSON.stringify(operations)};`,
    `export const VALIDATORS = { activation: ${activation}, management: ${management}, ${all.join(", ")} };`,
  ].join("\n");
}
