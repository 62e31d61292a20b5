import { DurableObject } from "cloudflare:workers";
export class LicenseObject extends DurableObject {}
