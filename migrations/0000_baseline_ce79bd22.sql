CREATE TABLE `access_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`expires_at` integer,
	`revoked` integer DEFAULT false NOT NULL,
	`minted_by` text,
	`last_used_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `access_tokens_hash` ON `access_tokens` (`hash`);--> statement-breakpoint
CREATE INDEX `access_tokens_minted_by` ON `access_tokens` (`minted_by`);--> statement-breakpoint
CREATE TABLE `activations` (
	`id` text PRIMARY KEY NOT NULL,
	`license_id` text NOT NULL,
	`product_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`contact_at` integer NOT NULL,
	`lease_expires_at` integer,
	`own_clock` text,
	`device` blob,
	`host` text,
	`facts` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `activations_license` ON `activations` (`license_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `activations_created_at` ON `activations` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `activations_product` ON `activations` (`product_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `activations_device` ON `activations` (`device`,`created_at`,`id`) WHERE device IS NOT NULL;--> statement-breakpoint
CREATE INDEX `activations_host` ON `activations` (`host`,`created_at`,`id`) WHERE host IS NOT NULL;--> statement-breakpoint
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
	`id` text NOT NULL,
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
CREATE UNIQUE INDEX `event_log_type` ON `event_log` (`type`,`id`);--> statement-breakpoint
CREATE TABLE `external_references` (
	`reference` text PRIMARY KEY NOT NULL,
	`license_id` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `gauges` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `entitlement_sets` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`display_name` text NOT NULL,
	`tier` integer NOT NULL,
	`feature_entitlements` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `entitlement_sets_name` ON `entitlement_sets` (`name`);--> statement-breakpoint
CREATE TABLE `features` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`display_name` text NOT NULL,
	`description` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `features_name` ON `features` (`name`);--> statement-breakpoint
CREATE TABLE `gone_trials` (
	`product_id` text NOT NULL,
	`device` text NOT NULL,
	`os_user` text NOT NULL,
	PRIMARY KEY(`product_id`, `device`, `os_user`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `license_facets` (
	`facet` integer NOT NULL,
	`value` blob NOT NULL,
	`created_at` integer NOT NULL,
	`license_id` blob NOT NULL,
	PRIMARY KEY(`facet`, `value`, `created_at`, `license_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `license_keys` (
	`key` text PRIMARY KEY NOT NULL,
	`license_id` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `license_keys_license` ON `license_keys` (`license_id`);--> statement-breakpoint
CREATE TABLE `license_references` (
	`license_id` text NOT NULL,
	`target_id` text NOT NULL,
	PRIMARY KEY(`license_id`, `target_id`)
);
--> statement-breakpoint
CREATE INDEX `license_references_target` ON `license_references` (`target_id`);--> statement-breakpoint
CREATE TABLE `licenses` (
	`id` text PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`product_id` text NOT NULL,
	`user_id` text,
	`maintenance_policy_id` text,
	`entitlement_set_id` text,
	`fence` integer DEFAULT 0 NOT NULL,
	`born_at` integer,
	`revision` integer NOT NULL,
	`terms` text NOT NULL,
	`total_activations` integer DEFAULT 0 NOT NULL,
	`total_deactivations` integer DEFAULT 0 NOT NULL,
	`last_used_at` integer,
	`current_release_version` text,
	`meter_uses` text,
	`stuck_events` integer DEFAULT 0 NOT NULL,
	`expires_at` integer,
	`renewed_months` integer DEFAULT 0 NOT NULL,
	`renewed_seconds` integer DEFAULT 0 NOT NULL,
	`folded` text DEFAULT '[]' NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `licenses_created_at` ON `licenses` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `licenses_updated_at` ON `licenses` (`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `licenses_expires_at` ON `licenses` (`expires_at`,`id`);--> statement-breakpoint
CREATE INDEX `licenses_user` ON `licenses` (`user_id`,`id`) WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `licenses_user_created_at` ON `licenses` (`user_id`,`created_at`,`id`) WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `licenses_maintenance_policy` ON `licenses` (`maintenance_policy_id`) WHERE maintenance_policy_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `licenses_entitlement_set_created_at` ON `licenses` (`entitlement_set_id`,`created_at`,`id`) WHERE entitlement_set_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `licenses_unborn_notice` ON `licenses` (expires_at - 1000 * COALESCE(terms ->> '$.expiringSoonEventOffset', 0)) WHERE fence = 0 AND expires_at > updated_at;--> statement-breakpoint
CREATE INDEX `licenses_stuck` ON `licenses` (`stuck_events`) WHERE stuck_events > 0;--> statement-breakpoint
CREATE TABLE `management_log` (
	`id` text NOT NULL,
	`type` text NOT NULL,
	`at` integer NOT NULL,
	`subject_id` text NOT NULL,
	`sequence` integer NOT NULL,
	`actor` text NOT NULL,
	`request_id` text NOT NULL,
	`body` text NOT NULL,
	`actor_id` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `management_log_subject` ON `management_log` (`subject_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `management_log_type` ON `management_log` (`type`,`id`);--> statement-breakpoint
CREATE INDEX `management_log_actor` ON `management_log` (`actor_id`,`id`);--> statement-breakpoint
CREATE TABLE `outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`event` text NOT NULL,
	`tries` integer DEFAULT 0 NOT NULL,
	`due_at` integer DEFAULT 0 NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `outbox_due` ON `outbox` (`due_at`,`id`);--> statement-breakpoint
CREATE TABLE `gone_access_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`minted_by` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `gone_access_tokens_minted_by` ON `gone_access_tokens` (`minted_by`);--> statement-breakpoint
CREATE TABLE `idempotency_records` (
	`scope` text PRIMARY KEY NOT NULL,
	`body_hash` text NOT NULL,
	`answer` text NOT NULL,
	`wrapping_key` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `idempotency_records_created_at` ON `idempotency_records` (`created_at`);--> statement-breakpoint
CREATE INDEX `idempotency_records_wrapping` ON `idempotency_records` (`wrapping_key`,`scope`);--> statement-breakpoint
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
CREATE INDEX `signing_keys_product` ON `signing_keys` (`product_id`);--> statement-breakpoint
CREATE INDEX `signing_keys_wrapping` ON `signing_keys` (`wrapping_key`,`kid`);--> statement-breakpoint
CREATE TABLE `trial_activations` (
	`id` text PRIMARY KEY NOT NULL,
	`product_id` text NOT NULL,
	`device` text NOT NULL,
	`os_user` text NOT NULL,
	`expires_at` integer NOT NULL,
	`facts` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `trial_activations_device` ON `trial_activations` (`product_id`,`device`,`os_user`);--> statement-breakpoint
CREATE INDEX `trial_activations_product` ON `trial_activations` (`product_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `trial_activations_created_at` ON `trial_activations` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `trial_activations_expires_at` ON `trial_activations` (`expires_at`,`id`);--> statement-breakpoint
CREATE TABLE `trial_policies` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`trial_length_seconds` integer NOT NULL,
	`allow_vm_activation` integer NOT NULL,
	`allow_container_activation` integer NOT NULL,
	`user_locked` integer NOT NULL,
	`disable_geo_location` integer NOT NULL,
	`allowed_countries` text NOT NULL,
	`disallowed_countries` text NOT NULL,
	`allowed_ip_addresses` text NOT NULL,
	`disallowed_ip_addresses` text NOT NULL,
	`allowed_ip_ranges` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
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
CREATE TABLE `license_templates` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`members` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `maintenance_policies` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`validity` integer NOT NULL,
	`subscription_interval` text,
	`expiration_strategy` text NOT NULL,
	`allow_major_version_updates` integer NOT NULL,
	`allow_minor_version_updates` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
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
	`license_template_id` text,
	`trial_policy_id` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `products_license_template` ON `products` (`license_template_id`) WHERE license_template_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `products_trial_policy` ON `products` (`trial_policy_id`) WHERE trial_policy_id IS NOT NULL;--> statement-breakpoint
CREATE TABLE `tags` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tags_name` ON `tags` (`name`);--> statement-breakpoint
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
CREATE TABLE `user_facets` (
	`facet` integer NOT NULL,
	`value` blob NOT NULL,
	`created_at` integer NOT NULL,
	`user_id` blob NOT NULL,
	PRIMARY KEY(`facet`, `value`, `created_at`, `user_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`email_folded` text NOT NULL,
	`email_lower` text NOT NULL,
	`first_name` text,
	`last_name` text,
	`company` text,
	`metadata` text NOT NULL,
	`tags` text DEFAULT '[]' NOT NULL,
	`folded` text DEFAULT '[]' NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_folded` ON `users` (`email_folded`);--> statement-breakpoint
CREATE INDEX `users_email_lower` ON `users` (`email_lower`);--> statement-breakpoint
CREATE INDEX `users_created_at` ON `users` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `users_updated_at` ON `users` (`updated_at`,`id`);
--> statement-breakpoint
CREATE TABLE `event_hours` (
	`hour` integer NOT NULL,
	`type` text NOT NULL,
	`n` integer NOT NULL,
	PRIMARY KEY(`hour`, `type`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `refusal_hours` (
	`hour` integer NOT NULL,
	`code` text NOT NULL,
	`n` integer NOT NULL,
	PRIMARY KEY(`hour`, `code`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `tallies` (
	`name` text PRIMARY KEY NOT NULL,
	`counted` text NOT NULL,
	`counted_at` integer NOT NULL,
	`walk` text
);
--> statement-breakpoint
CREATE TABLE `job_failures` (
	`job_id` text NOT NULL,
	`license_id` text NOT NULL,
	`refusal` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`job_id`, `license_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `job_parts` (
	`job_id` text NOT NULL,
	`position` integer NOT NULL,
	`ids` text NOT NULL,
	PRIMARY KEY(`job_id`, `position`)
);
--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`act` text NOT NULL,
	`parameters` text NOT NULL,
	`filter` text,
	`state` text NOT NULL,
	`why` text,
	`total` integer NOT NULL,
	`done` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`queued` integer NOT NULL,
	`cursor` integer DEFAULT 0 NOT NULL,
	`lease` text,
	`leased_until` integer DEFAULT 0 NOT NULL,
	`actor` text NOT NULL,
	`principal` text NOT NULL,
	`token_id` text,
	`started_at` integer NOT NULL,
	`running_since` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE INDEX `jobs_started_at` ON `jobs` (`started_at`,`id`);--> statement-breakpoint
CREATE INDEX `jobs_running` ON `jobs` (`updated_at`) WHERE state = 'running';