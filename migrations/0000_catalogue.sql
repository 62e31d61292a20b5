CREATE TABLE `access_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`expires_at` integer,
	`revoked` integer DEFAULT false NOT NULL,
	`last_used_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `access_tokens_hash` ON `access_tokens` (`hash`);--> statement-breakpoint
CREATE TABLE `activations` (
	`id` text PRIMARY KEY NOT NULL,
	`license_id` text NOT NULL,
	`product_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`contact_at` integer NOT NULL,
	`lease_expires_at` integer,
	`expires_at` integer,
	`facts` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `activations_license` ON `activations` (`license_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `activations_created_at` ON `activations` (`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `deleted_licenses` (
	`id` text PRIMARY KEY NOT NULL,
	`deleted_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `deployment` (
	`one` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`jurisdiction` text NOT NULL,
	`locator_check` text NOT NULL,
	`wrapping_check` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `event_log` (
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`at` integer NOT NULL,
	`subject_id` text NOT NULL,
	`sequence` integer NOT NULL,
	`actor` text NOT NULL,
	`request_id` text NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `event_log_subject` ON `event_log` (`subject_id`,`id`);--> statement-breakpoint
CREATE TABLE `external_references` (
	`reference` text PRIMARY KEY NOT NULL,
	`license_id` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `license_keys` (
	`key` text PRIMARY KEY NOT NULL,
	`license_id` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `license_keys_license` ON `license_keys` (`license_id`);--> statement-breakpoint
CREATE TABLE `licenses` (
	`id` text PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`product_id` text NOT NULL,
	`fence` integer DEFAULT 0 NOT NULL,
	`born_at` integer,
	`revision` integer NOT NULL,
	`terms` text NOT NULL,
	`total_activations` integer DEFAULT 0 NOT NULL,
	`total_deactivations` integer DEFAULT 0 NOT NULL,
	`last_used_at` integer,
	`expires_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `licenses_created_at` ON `licenses` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `licenses_updated_at` ON `licenses` (`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `licenses_expires_at` ON `licenses` (`expires_at`,`id`);--> statement-breakpoint
CREATE TABLE `outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`event` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `products` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`display_name` text NOT NULL,
	`description` text NOT NULL,
	`legal_notice` text NOT NULL,
	`copyright` text NOT NULL,
	`provider_url` text NOT NULL,
	`provider_email` text NOT NULL,
	`token_algorithm` text NOT NULL,
	`metadata` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `signing_keys` (
	`kid` text PRIMARY KEY NOT NULL,
	`product_id` text NOT NULL,
	`algorithm` text NOT NULL,
	`status` text NOT NULL,
	`public_jwk` text NOT NULL,
	`private_key` text NOT NULL,
	`wrapping_key` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `signing_keys_product` ON `signing_keys` (`product_id`);