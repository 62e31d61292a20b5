import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: ["./src/registry/db/schema.ts", "./src/registry/db/schema-catalogue.ts", "./src/registry/db/schema-jobs.ts"],
  out: "./migrations",
});
