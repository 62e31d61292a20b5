/** The Durable Object of one webhook: the platform around its queue (HOOK-2). */

import { DurableObject } from "cloudflare:workers";

export class WebhookObject extends DurableObject<Env> {}
