/** The Worker of the tests: the real one, with objects that tests may break. */

import worker from "../../src/index.ts";

export { LicenseObject, WebhookObject } from "../../src/index.ts";
export { HastyWebhookObject, TestWebhookObject, UnsteadyWebhookObject } from "./breakable-webhooks.ts";
export { UnsteadyLicenseObject } from "./unsteady-d1.ts";
export default worker;
