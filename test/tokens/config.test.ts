import { describe, expect, it } from "vitest";
import { corsOrigins } from "../../src/config/origins.ts";
import { readConfig, type Vars } from "../../src/config/config.ts";

const SECRET = "4f9c2b7e1d8a6035c2e7b9f4a1d60e83";
const LOCATOR_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

function faultsOf(vars: Vars): readonly string[] {
  const result = readConfig(vars);
  return result.ok ? [] : result.faults.map((fault) => fault.name);
}

describe("VAR-1: the configuration", () => {
  it("CFG-1: takes a root secret alone, with the defaults, frozen", () => {
    const result = readConfig({ ROOT_SECRET: SECRET });
    expect(result).toEqual({
      ok: true,
      config: {
        rootSecret: SECRET,
        previousRootSecret: null,
        locatorKey: null,
        environment: "production",
        publicUrl: null,
        jurisdiction: null,
        rateLimits: true,
        logSampling: 1,
        webhookPorts: [],
        corsOrigins: [],
        eventLog: { days: 30, events: 3_000_000 },
        managementLog: { days: 30, events: 1_000_000 },
        oidc: null,
      },
    });
    expect(result.ok && Object.isFrozen(result.config)).toBe(true);
  });

  it("CFG-1: takes every variable, without surrounding white space", () => {
    const result = readConfig({
      ROOT_SECRET: `${SECRET}\n`,
      ROOT_SECRET_PREVIOUS: `${SECRET}-old`,
      LOCATOR_KEY: ` ${LOCATOR_KEY}`,
      ENVIRONMENT: "development",
      PUBLIC_URL: "https://licenses.acme.test/eu",
      JURISDICTION: "eu",
      LOG_SAMPLING: " .05",
      WEBHOOK_PORTS: "8443, 9443 ",
      CORS_ORIGINS: "https://app.acme.test, tauri://localhost",
      EVENT_LOG_DAYS: "7",
      EVENT_LOG_EVENTS: "1000",
      MANAGEMENT_LOG_DAYS: "365",
      MANAGEMENT_LOG_EVENTS: "2000",
      OIDC_ISSUER: "https://id.acme.test/",
      OIDC_AUDIENCE: "https://licenses.acme.test, desktop-app",
      OIDC_ROLES_CLAIM: " realm_access.roles ",
      OIDC_TRUST_EMAIL: "true",
    });
    expect(result).toEqual({
      ok: true,
      config: {
        rootSecret: SECRET,
        previousRootSecret: `${SECRET}-old`,
        locatorKey: LOCATOR_KEY,
        environment: "development",
        publicUrl: "https://licenses.acme.test/eu",
        jurisdiction: "eu",
        rateLimits: false,
        logSampling: 0.05,
        webhookPorts: [8443, 9443],
        corsOrigins: ["https://app.acme.test", "tauri://localhost"],
        eventLog: { days: 7, events: 1000 },
        managementLog: { days: 365, events: 2000 },
        oidc: {
          issuer: "https://id.acme.test/",
          audiences: ["https://licenses.acme.test", "desktop-app"],
          rolesClaim: "realm_access.roles",
          trustEmail: true,
        },
      },
    });
  });

  it("LIM-1: rate limits are always on in production, in development only on request", () => {
    const limits = (vars: Vars) => {
      const result = readConfig({ ROOT_SECRET: SECRET, ...vars });
      return result.ok ? result.config.rateLimits : result.faults;
    };
    expect(limits({})).toBe(true);
    expect(limits({ RATE_LIMITS: "on" })).toBe(true);
    expect(limits({ ENVIRONMENT: "development" })).toBe(false);
    expect(limits({ ENVIRONMENT: "development", RATE_LIMITS: "on" })).toBe(true);
    expect(faultsOf({ ROOT_SECRET: SECRET, RATE_LIMITS: "off" })).toEqual(["RATE_LIMITS"]);
  });

  it.each(["-0.1", "1.1", "2", "10%", "1e-2", "0,5", "half", "."])("OBS-1: refuses %s as a share of lines", (share) => {
    expect(faultsOf({ ROOT_SECRET: SECRET, LOG_SAMPLING: share })).toEqual(["LOG_SAMPLING"]);
  });

  it.each([
    ["missing", undefined],
    ["empty", ""],
    ["blank", "   \n"],
    ["31 characters", SECRET.slice(1)],
    ["31 characters of two code units each", "🔑🗝🔒🔓🔐🎫🎟🧾".repeat(4).slice(0, 62)],
    ["7 different characters", "abcdefg".repeat(8)],
    ["changeme", `changeme-${SECRET}`],
    ["PLACEHOLDER", `PLACEHOLDER-${SECRET}`],
    ["example", `${SECRET}-Example`],
    ["your-secret", `${SECRET}your-secret${SECRET}`],
  ])("CFG-1: refuses a root secret that is %s, and does not repeat it", (_, secret) => {
    const result = readConfig(secret === undefined ? {} : { ROOT_SECRET: secret });
    expect(result).toMatchObject({ ok: false, faults: [{ name: "ROOT_SECRET" }] });
    if (secret !== undefined && secret.trim() !== "") expect(JSON.stringify(result)).not.toContain(secret);
  });

  it("CFG-3: judges the previous secret like the current one", () => {
    expect(faultsOf({ ROOT_SECRET: SECRET, ROOT_SECRET_PREVIOUS: "short" })).toEqual(["ROOT_SECRET_PREVIOUS"]);
  });

  it.each([
    "short",
    `${LOCATOR_KEY}A`,
    `${LOCATOR_KEY.slice(0, 42)}9`,
    LOCATOR_KEY.replace("A", "+"),
    `${LOCATOR_KEY}=`,
  ])("CFG-3: refuses %s as locator key", (key) => {
    expect(faultsOf({ ROOT_SECRET: SECRET, LOCATOR_KEY: key })).toEqual(["LOCATOR_KEY"]);
  });

  it.each([
    "http://licenses.acme.test",
    "http://localhost:8787",
    "https://licenses.acme.test/",
    "https://user@licenses.acme.test",
    "https://licenses.acme.test?a=1",
    "https://licenses.acme.test#",
    "licenses.acme.test",
    "urn:acme",
  ])("TOK-2: refuses %s as public URL in production", (url) => {
    expect(faultsOf({ ROOT_SECRET: SECRET, PUBLIC_URL: url })).toEqual(["PUBLIC_URL"]);
  });

  it.each([
    ["http://localhost:8787", []],
    ["http://127.0.0.1:8787", []],
    ["http://[::1]:8787", []],
    ["http://localhost.acme.test", ["PUBLIC_URL"]],
    ["http://10.0.0.1", ["PUBLIC_URL"]],
  ])("TOK-2: judges %s in development", (url, faults) => {
    expect(faultsOf({ ROOT_SECRET: SECRET, PUBLIC_URL: url, ENVIRONMENT: "development" })).toEqual(faults);
  });

  it.each(["http", "0", "65536", "443,", "8443;9443", "08443", "-1", Array.from({ length: 21 }, () => 1).join()])(
    "HOOK-3: refuses %s as ports of webhooks",
    (ports) => {
      expect(faultsOf({ ROOT_SECRET: SECRET, WEBHOOK_PORTS: ports })).toEqual(["WEBHOOK_PORTS"]);
    },
  );

  it.each([
    ["https://app.acme.test"],
    ["http://localhost:5173,https://[2001:db8::1]:8443"],
    ["capacitor://localhost , https://xn--bcher-kva.example"],
  ])("WEB-1: takes %s as origins", (origins) => {
    expect(faultsOf({ ROOT_SECRET: SECRET, CORS_ORIGINS: origins })).toEqual([]);
  });

  it.each([
    ...["*", "null", "https://app.acme.test/", "https://app.acme.test/path", "https://*.acme.test", "app.acme.test"],
    ...["https://App.acme.test", "https://app.acme.test:443", "https://user@app.acme.test", "https://app.acme.test?"],
    ...["https://a.test,", "https://a.test https://b.test", "https://b\u00fccher.example", "https://127.1", "file://"],
    ...["https://", "https://a.test:0x50", `https://${"a".repeat(300)}.test`],
    Array.from({ length: 21 }, (_, index) => `https://a${index}.test`).join(),
  ])("WEB-1: refuses %s as an origin, and says nothing of it", (origin) => {
    const result = readConfig({ ROOT_SECRET: SECRET, CORS_ORIGINS: origin });
    expect(result.ok ? [] : result.faults.map(({ name }) => name)).toEqual(["CORS_ORIGINS"]);
    expect(corsOrigins({ CORS_ORIGINS: origin })).toEqual([]);
  });

  it.each([
    ["0", "999"],
    ["3651", "3000001"],
    ["-1", "many"],
    ["1.5", "1e6"],
  ])("EVT-4: refuses a log of %s days and %s events", (days, events) => {
    const faults = faultsOf({ ROOT_SECRET: SECRET, EVENT_LOG_DAYS: days, EVENT_LOG_EVENTS: events });
    expect(faults).toEqual(["EVENT_LOG_DAYS", "EVENT_LOG_EVENTS"]);
    const ofManagement = { MANAGEMENT_LOG_DAYS: days, MANAGEMENT_LOG_EVENTS: events };
    expect(faultsOf({ ROOT_SECRET: SECRET, ...ofManagement })).toEqual([
      "MANAGEMENT_LOG_DAYS",
      "MANAGEMENT_LOG_EVENTS",
    ]);
  });

  it("CFG-1: names all faults at once", () => {
    const faults = faultsOf({ ENVIRONMENT: "staging", JURISDICTION: "mars", PUBLIC_URL: "x", LOCATOR_KEY: "x" });
    expect(faults.toSorted()).toEqual(["ENVIRONMENT", "JURISDICTION", "LOCATOR_KEY", "PUBLIC_URL", "ROOT_SECRET"]);
  });
});
