CREATE TABLE `license_users` (
	`license_id` text NOT NULL,
	`user_id` text NOT NULL,
	PRIMARY KEY(`license_id`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `license_users_user` ON `license_users` (`user_id`);--> statement-breakpoint
CREATE TABLE `user_email_jobs` (
	`user_id` text PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`cursor` text NOT NULL,
	`missed` integer NOT NULL,
	`attempts` integer NOT NULL,
	`due_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `user_email_jobs_due` ON `user_email_jobs` (`due_at`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`email_lower` text NOT NULL,
	`first_name` text,
	`last_name` text,
	`company` text,
	`metadata` text NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_lower` ON `users` (`email_lower`);--> statement-breakpoint
CREATE INDEX `users_created_at` ON `users` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `users_updated_at` ON `users` (`updated_at`,`id`);--> statement-breakpoint
ALTER TABLE `licenses` ADD `user_id` text;--> statement-breakpoint
CREATE INDEX `licenses_user` ON `licenses` (`user_id`,`id`) WHERE user_id IS NOT NULL;