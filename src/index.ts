export { LicenseObject } from "./license/license-object.ts";
export default { fetch: () => new Response("ok") };
