/** One answer beside what the OpenAPI document says of its operation. */

import type { Note } from "./notes.ts";
import type { Described, DescribedAnswer, Validate } from "./operations.ts";

export class Comparison {
  readonly #operations: readonly (Described & { readonly matches: RegExp })[];
  readonly #validators: Readonly<Record<string, Validate>>;

  constructor(operations: readonly Described[], validators: Readonly<Record<string, Validate>>) {
    this.#operations = operations.map((one) => ({
      ...one,
      matches: new RegExp(`^${one.path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
    }));
    this.#validators = validators;
  }

  /** `said`: the body, if it is JSON. */
  noteOf(method: string, path: string, answer: Response, said: string | null): Note {
    const operation = this.#operationAt(method === "HEAD" ? "GET" : method, path);
    const { status } = answer;
    const fault =
      operation === undefined
        ? this.#faultOfStranger(method, path, answer, said)
        : this.#faultOf(operation.statuses[status], answer, said, method === "HEAD");
    const told = fault === null ? null : `${operation?.id ?? "no operation"} (${method} ${path}) ${status}: ${fault}`;
    return { operation: operation?.id ?? null, status, fault: told };
  }

  /** A name goes before a parameter in its place, and has its own methods (ERR-3). */
  #operationAt(method: string, path: string): Described | undefined {
    const literal = this.#operations.filter((one) => one.path === path);
    const there = literal.length > 0 ? literal : this.#operations.filter(({ matches }) => matches.test(path));
    return there.find((one) => one.method === method);
  }

  #faultOf(told: DescribedAnswer | undefined, answer: Response, said: string | null, isHead: boolean): string | null {
    if (told === undefined) return `no such status is described${said === null ? "" : `: ${said.slice(0, 300)}`}`;
    const header = headerFault(told, answer.headers);
    if (header !== null) return header;
    if (told.types === null) return answer.body === null ? null : "a body, and none is described";
    const [type = ""] = (answer.headers.get("Content-Type") ?? "").split(";");
    const validator = told.types[type] ?? told.types["*/*"];
    if (validator === undefined) return `no such type is described: ${type}`;
    if (isHead) return answer.body === null ? null : "a body for HEAD";
    return said === null ? null : this.#faultIn(validator, said);
  }

  /** What is not described may only be refused. */
  #faultOfStranger(method: string, path: string, answer: Response, said: string | null): string | null {
    if (method === "OPTIONS" && answer.status === 204) return null;
    if (answer.status < 400) return "no such operation is described";
    return said === null ? null : this.#faultIn(/^\/v3(?:\/|$)/.test(path) ? "management" : "activation", said);
  }

  #faultIn(name: string, said: string): string | null {
    const validate = this.#validators[name];
    if (validate === undefined) return `no validator ${name}`;
    if (validate(JSON.parse(said))) return null;
    const faults = validate.errors ?? [];
    return `${faults.map((one) => `${one.instancePath || "/"} ${one.message} (${one.schemaPath})`).join("; ")}: ${said.slice(0, 300)}`;
  }
}

function headerFault({ headers }: DescribedAnswer, sent: Headers): string | null {
  for (const [name, { required = false, schema }] of Object.entries(headers)) {
    const value = sent.get(name);
    if (value === null && required) return `no ${name}`;
    const form = FORMS[schema.type];
    if (value !== null && form !== undefined && !form.test(value)) return `${name} is no ${schema.type}: ${value}`;
  }
  return null;
}

/** How a header is written, by the type of its schema. */
const FORMS: Readonly<Record<string, RegExp>> = { integer: /^\d+$/, boolean: /^(?:true|false)$/ };
