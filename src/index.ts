/** The Worker: wiring only. */

import { createApp } from "./app.ts";

export { LicenseObject } from "./license/license-object.ts";

const app = createApp();

export default {
  fetch: app.fetch,
} satisfies ExportedHandler<Env>;
