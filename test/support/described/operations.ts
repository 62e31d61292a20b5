/** What the OpenAPI document says of each operation, as answers are compared with it. */

export interface Described {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly statuses: Readonly<Record<string, DescribedAnswer>>;
}

export interface DescribedAnswer {
  /** By media type, the name of its validator; null = no body. */
  readonly types: Readonly<Record<string, string>> | null;
  readonly headers: Readonly<Record<string, DescribedHeader>>;
}

export interface DescribedHeader {
  readonly required?: boolean;
  readonly schema: { readonly type: string };
}

/** As Ajv writes it. */
export interface Validate {
  (value: unknown): boolean;
  errors?: readonly { readonly instancePath: string; readonly schemaPath: string; readonly message?: string }[] | null;
}
