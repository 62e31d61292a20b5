/**
 * The third floor: one RPC, one SQLite insert and one signature, with no validation, no routing and no rules. `GET` is
 * the same without the signature. The path names the object.
 */

import { DurableObject } from "cloudflare:workers";
import { signedToken } from "./token.ts";

interface Bindings {
  readonly ROWS: DurableObjectNamespace<Rows>;
}

export class Rows extends DurableObject {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env as never);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS row (seq INTEGER PRIMARY KEY, id TEXT, at INTEGER, note TEXT)");
  }

  insert(note: string): string {
    const id = crypto.randomUUID();
    this.ctx.storage.sql.exec("INSERT INTO row (id, at, note) VALUES (?, ?, ?)", id, Date.now(), note);
    return id;
  }
}

/** As long as the row of an activation. */
const NOTE = "x".repeat(200);

export default {
  async fetch(request, env) {
    const id = await env.ROWS.getByName(new URL(request.url).pathname).insert(NOTE);
    return Response.json(request.method === "POST" ? { licenseToken: await signedToken(id) } : { id });
  },
} satisfies ExportedHandler<Bindings>;
