CREATE TABLE `license_facets` (
	`facet` text NOT NULL,
	`value` text NOT NULL,
	`created_at` integer NOT NULL,
	`license_id` text NOT NULL,
	PRIMARY KEY(`facet`, `value`, `created_at`, `license_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `license_templates` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`members` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `replays` (
	`scope` text PRIMARY KEY NOT NULL,
	`body_hash` text NOT NULL,
	`answer` text NOT NULL,
	`wrapping_key` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `replays_created_at` ON `replays` (`created_at`);--> statement-breakpoint
CREATE INDEX `replays_wrapping` ON `replays` (`wrapping_key`,`scope`);--> statement-breakpoint
CREATE TABLE `tags` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tags_name` ON `tags` (`name`);--> statement-breakpoint
CREATE TABLE `user_facets` (
	`facet` text NOT NULL,
	`value` text NOT NULL,
	`created_at` integer NOT NULL,
	`user_id` text NOT NULL,
	PRIMARY KEY(`facet`, `value`, `created_at`, `user_id`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `licenses` ADD `facets` text;--> statement-breakpoint
CREATE INDEX `licenses_user_created_at` ON `licenses` (`user_id`,`created_at`,`id`) WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `licenses_without_facets` ON `licenses` (`id`) WHERE facets IS NULL;--> statement-breakpoint
ALTER TABLE `products` ADD `license_template_id` text;--> statement-breakpoint
CREATE INDEX `products_license_template` ON `products` (`license_template_id`) WHERE license_template_id IS NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `tags` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `facets` text;--> statement-breakpoint
CREATE INDEX `users_without_facets` ON `users` (`id`) WHERE facets IS NULL;--> statement-breakpoint
CREATE INDEX `activations_product` ON `activations` (`product_id`,`created_at`,`id`);