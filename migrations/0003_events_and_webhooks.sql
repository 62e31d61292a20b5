CREATE TABLE `webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`url` text NOT NULL,
	`secrets` text NOT NULL,
	`wrapping_key` text NOT NULL,
	`events` text NOT NULL,
	`format` text NOT NULL,
	`enabled` integer NOT NULL,
	`status` text NOT NULL,
	`status_reason` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `webhooks_created_at` ON `webhooks` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `webhooks_wrapping` ON `webhooks` (`wrapping_key`,`id`);--> statement-breakpoint
ALTER TABLE `licenses` ADD `stuck_events` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `licenses_unborn_notice` ON `licenses` (expires_at - 1000 * COALESCE(terms ->> '$.expiringSoonEventOffset', 0)) WHERE fence = 0 AND expires_at > updated_at;--> statement-breakpoint
CREATE INDEX `licenses_stuck` ON `licenses` (`stuck_events`) WHERE stuck_events > 0;--> statement-breakpoint
ALTER TABLE `outbox` ADD `tries` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `outbox` ADD `due_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `event_log_type` ON `event_log` (`type`,`id`);