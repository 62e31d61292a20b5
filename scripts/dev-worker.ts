/**
 * The Worker as `npm start` serves it. The local runtime writes a content coding over every answer that names no type,
 * and clients then look for a stream in an answer without a body (ERR-3): so that one names a type that is sent as it
 * is. The platform needs nothing of the kind.
 */

import worker from "../src/index.ts";

export { LicenseObject, WebhookObject } from "../src/index.ts";

const SENT_AS_IT_IS = "application/octet-stream";

export default {
  ...worker,
  async fetch(request, env, context) {
    const answer = await worker.fetch(request, env, context);
    if (answer.status === 204) answer.headers.set("Content-Type", SENT_AS_IT_IS);
    return answer;
  },
} satisfies ExportedHandler<Env>;
