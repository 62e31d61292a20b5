/** The app, with each of its answers compared with the OpenAPI document: in the tests' bundle this is `createApp`. */

import { OPERATIONS, VALIDATORS } from "./validators.js";
import { createApp as real } from "../../../src/app.ts";
import { Comparison } from "./comparison.ts";
import { notes } from "./notes.ts";

export const comparison = new Comparison(OPERATIONS, VALIDATORS);

export function createApp(...given: Parameters<typeof real>): ReturnType<typeof real> {
  const app = real(...given);
  const { fetch } = app;
  app.fetch = async (request, ...more) => {
    const { method, url } = request;
    const answer = await fetch(request, ...more);
    const type = answer.headers.get("Content-Type") ?? "";
    const isRead = answer.body !== null && /\bjson\b/.test(type) && !answer.headers.has("Content-Encoding");
    const bytes = isRead ? await answer.arrayBuffer() : null;
    const said = bytes === null ? null : new TextDecoder().decode(bytes);
    notes.push(comparison.noteOf(method, new URL(url).pathname, answer, said));
    return bytes === null ? answer : new Response(bytes, answer);
  };
  return app;
}
