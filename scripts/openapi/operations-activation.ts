/** The activation API's operations, and what anybody may read. */

import { EXAMPLE, ONE_DEVICE } from "./examples.ts";
import type { Operations } from "./operation.ts";

const ACTIVATION = { activationCode: EXAMPLE.key, ...ONE_DEVICE };
const LOCATED = { credentials: "device", problems: [403, 404, 409], isRepeatable: true } as const;
const OWNED = { credentials: "owner", problems: [403, 404, 409] } as const;
const HEALTH = {
  type: "object",
  properties: {
    status: { type: "string", enum: ["ok", "unavailable"] },
    configuration: { type: "string", enum: ["ok", "faulty", "unknown"] },
    database: { type: "string" },
    keysToWrapAgain: { type: "integer" },
    warnings: { type: "array", items: { type: "string" } },
  },
  required: ["status", "configuration", "database"],
} as const;
const KEYS = {
  type: "object",
  properties: { keys: { type: "array", items: { type: "object", additionalProperties: true } } },
  required: ["keys"],
} as const;

export const ACTIVATION_OPERATIONS: Operations = {
  "POST /api/v1/activations/license": {
    id: "activate",
    summary: "Activate a license on a device, and get the activation document",
    description: "A device that is active already gets its session again. `Location` names the session.",
    answers: { 200: "ActivationDocument" },
    examples: {
      device: ACTIVATION,
      lease: { ...ACTIVATION, requestedLeaseDuration: "PT1H", targetSoftwareVersion: "2.1", email: "ada@example.com" },
    },
    ...LOCATED,
  },
  "POST /api/v1/activations/jwt": {
    id: "activateForToken",
    summary: "Activate a license on a device, and get the license token alone",
    answers: { 200: { json: { type: "string", description: "The license token, a JWT in compact form." } } },
    examples: { device: ACTIVATION },
    ...LOCATED,
  },
  "POST /api/v1/activations/check": {
    id: "checkKey",
    summary: "Ask whether an activation would be granted now",
    description: "It has no effect. Without `fingerprint` it asks for a device that nobody knows.",
    answers: { 200: "CheckDocument" },
    examples: { device: ACTIVATION, unknownDevice: { activationCode: EXAMPLE.key } },
    credentials: "device",
    problems: [403, 404],
  },
  "POST /api/v1/activations/:sessionId/renew": {
    id: "renewSession",
    summary: "Renew the lease, and get the document with a new token",
    answers: { 200: "ActivationDocument" },
    examples: { nothing: {}, lease: { requestedLeaseDuration: 3600 } },
    ...OWNED,
  },
  "POST /api/v1/activations/:sessionId/check-in": {
    id: "checkIn",
    summary: "Renew the lease without a new token",
    answers: { 200: "CheckedIn" },
    examples: { nothing: {}, device: { fingerprint: ONE_DEVICE.fingerprint } },
    ...OWNED,
  },
  "POST /api/v1/activations/:sessionId/check-out": {
    id: "checkOut",
    summary: "End the activation: its seat is free",
    answers: { 200: "CheckedOut" },
    examples: { nothing: {} },
    ...OWNED,
  },
  "GET /api/v1/activations/:sessionId": {
    id: "getSession",
    summary: "Show the activation document without its token",
    answers: { 200: "SessionDocument" },
    ...OWNED,
  },
  "GET /health": {
    id: "getHealth",
    summary: "Tell whether configuration and database are in order",
    answers: { 200: { json: HEALTH }, 503: { json: HEALTH } },
    credentials: "none",
  },
  "GET /v3/status": {
    id: "getStatus",
    summary: "The same, as clients of v3 know it",
    answers: { 200: { json: HEALTH }, 503: { json: HEALTH } },
    credentials: "none",
  },
  "GET /.well-known/jwks.json": {
    id: "listKeys",
    summary: "The public keys that license tokens are verified by",
    answers: { 200: { json: KEYS } },
    credentials: "none",
  },
  "GET /v3/products/:id/jwks": {
    id: "listProductKeys",
    summary: "The public keys of one product",
    answers: { 200: { json: KEYS } },
    credentials: "none",
  },
  "GET /v3/products/:id/jwks.jwt": {
    id: "getVouchedKeys",
    summary: "The public keys of one product, signed by one of them",
    answers: { 200: { type: "application/jwt" } },
    query: { by: "The id of the key that signs; else the active one does." },
    credentials: "none",
  },
  "GET /problems": {
    id: "listProblems",
    summary: "All codes of problems",
    answers: { 200: { type: "text/plain" } },
    credentials: "none",
  },
  "GET /problems/:code": {
    id: "getProblem",
    summary: "The page behind a problem's `type`",
    answers: { 200: { type: "text/plain" } },
    credentials: "none",
  },
  "GET /openapi.json": {
    id: "getDescription",
    summary: "This document",
    answers: { 200: { json: { type: "object", additionalProperties: true } } },
    isKept: true,
    credentials: "none",
  },
  "GET /docs": {
    id: "getReference",
    summary: "A page that shows this document, and makes calls",
    answers: { 200: { type: "text/html" } },
    credentials: "none",
  },
  "GET /docs/:file": {
    id: "getReferenceFile",
    summary: "What that page loads",
    answers: { 200: { type: "*/*" } },
    isKept: true,
    credentials: "none",
  },
};
