/** Ids and words in examples. A test that sends the examples puts what there is in their place. */

export const EXAMPLE = {
  product: "0193f3a4-0000-7000-8000-000000000001",
  user: "0193f3a4-0000-7000-8000-000000000002",
  template: "0193f3a4-0000-7000-8000-000000000003",
  trialPolicy: "0193f3a4-0000-7000-8000-000000000004",
  maintenancePolicy: "0193f3a4-0000-7000-8000-000000000005",
  activation: "2f1c8a90-5b3d-8e47-a6c1-0d9e8f7a6b5c",
  license: "2f1c8a90-5b3d-8e47-b7d2-1eaf90817263",
  webhook: "0193f3a4-0000-7000-8000-000000000006",
  key: "A1B2C3-D4E5F6-071829-3A4B5C-6D7E8F-90A1B2",
} as const;

export const ONE_DEVICE = { fingerprint: "9b1f0c6e4ad2", hostname: "reception-2" } as const;
