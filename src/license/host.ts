/** What the object's keeper needs of its platform; the model in the tests gives it another one. */

import type { Platform } from "../durable/platform.ts";
import type { WebhookDirectory } from "../webhooks/stub.ts";

export interface Host extends Platform {
  readonly db: D1Database;
  /** The objects that events go to after D1 (EVT-3). */
  readonly webhooks: WebhookDirectory;
}
