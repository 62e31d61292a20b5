/** Ids in paths, in lower case as they are stored, whatever case they were sent in (RFC 9562 4). */

/** What was asked for; hono's request is one. */
interface Asked {
  readonly req: { param(name: string): string | undefined };
}

export function idInPath(c: Asked, name = "id"): string {
  return (c.req.param(name) ?? "").toLowerCase();
}
