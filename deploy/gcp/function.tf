# The Cloud Functions: one for what lands, one for what was left. Both are the same package.

locals {
  runtime = "python312"

  environment = {
    REELHOUSE_LANDING       = "gs://${google_storage_bucket.landing.name}"
    REELHOUSE_LAKE          = "gs://${google_storage_bucket.lake.name}"
    REELHOUSE_DATASETS      = join(",", var.datasets)
    REELHOUSE_MEMORY_MB     = tostring(var.memory_mb)
    REELHOUSE_LEASE_SECONDS = tostring(var.lease_seconds)
    REELHOUSE_LOG           = "WARNING"
  }
}

# A new package has a new name, so that the functions are built again.
resource "google_storage_bucket_object" "package" {
  name   = "function/${filesha256(var.package)}.zip"
  bucket = google_storage_bucket.code.name
  source = var.package

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "ingest" {
  name        = "${var.name}-ingest"
  location    = var.region
  description = "Reelhouse: judges each file that lands, and commits it to the lake"

  build_config {
    runtime         = local.runtime
    entry_point     = "ingest_file"
    service_account = google_service_account.build.id

    source {
      storage_source {
        bucket = google_storage_bucket.code.name
        object = google_storage_bucket_object.package.name
      }
    }
  }

  service_config {
    available_memory                 = "${var.memory_mb}Mi"
    available_cpu                    = "1"
    timeout_seconds                  = 540
    min_instance_count               = 0
    max_instance_count               = var.max_instances
    max_instance_request_concurrency = var.concurrency
    ingress_settings                 = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision   = true
    service_account_email            = google_service_account.function.email
    environment_variables            = local.environment
  }

  event_trigger {
    trigger_region        = var.region
    event_type            = "google.cloud.storage.object.v1.finalized"
    retry_policy          = "RETRY_POLICY_RETRY"
    service_account_email = google_service_account.trigger.email

    event_filters {
      attribute = "bucket"
      value     = google_storage_bucket.landing.name
    }
  }

  depends_on = [time_sleep.rights]
}

resource "google_cloudfunctions2_function" "sweep" {
  name        = "${var.name}-sweep"
  location    = var.region
  description = "Reelhouse: takes what events and crashes have left in landing"

  build_config {
    runtime         = local.runtime
    entry_point     = "sweep"
    service_account = google_service_account.build.id

    source {
      storage_source {
        bucket = google_storage_bucket.code.name
        object = google_storage_bucket_object.package.name
      }
    }
  }

  service_config {
    available_memory                 = "${var.memory_mb}Mi"
    available_cpu                    = "1"
    timeout_seconds                  = 540
    min_instance_count               = 0
    max_instance_count               = 1
    max_instance_request_concurrency = 1
    ingress_settings                 = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision   = true
    service_account_email            = google_service_account.function.email
    environment_variables            = local.environment
  }

  depends_on = [time_sleep.rights]
}

resource "google_cloud_scheduler_job" "sweep" {
  name             = "${var.name}-sweep"
  region           = var.region
  description      = "Reelhouse: calls the sweep"
  schedule         = var.sweep_minutes == 60 ? "0 * * * *" : "*/${var.sweep_minutes} * * * *"
  time_zone        = "Etc/UTC"
  attempt_deadline = "600s"

  retry_config {
    retry_count = 1
  }

  http_target {
    http_method = "POST"
    uri         = google_cloudfunctions2_function.sweep.service_config[0].uri

    oidc_token {
      service_account_email = google_service_account.sweep.email
      audience              = google_cloudfunctions2_function.sweep.service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.sweep_invokes]
}
