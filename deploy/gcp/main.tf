# What there must be before all else: the APIs, the buckets, and who may do what in them.

data "google_project" "this" {
  depends_on = [google_project_service.needed]
}

locals {
  services = concat(
    [
      "artifactregistry.googleapis.com",
      "cloudbuild.googleapis.com",
      "cloudfunctions.googleapis.com",
      "cloudresourcemanager.googleapis.com",
      "cloudscheduler.googleapis.com",
      "eventarc.googleapis.com",
      "iam.googleapis.com",
      "logging.googleapis.com",
      "pubsub.googleapis.com",
      "run.googleapis.com",
      "storage.googleapis.com",
    ],
    var.spark ? ["dataproc.googleapis.com"] : [],
    var.billing_account == null ? [] : ["billingbudgets.googleapis.com"],
  )

  # Bucket names are one space for the whole world; project IDs are too.
  prefix = "${var.project}-${var.name}"
}

resource "google_project_service" "needed" {
  for_each = toset(local.services)

  service            = each.key
  disable_on_destroy = false
}

resource "google_storage_bucket" "landing" {
  name                        = "${local.prefix}-landing"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = var.force_destroy

  soft_delete_policy {
    retention_duration_seconds = var.keep_deleted_days * 86400
  }

  # what an upload that was broken off has left
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 2
    }
  }

  depends_on = [google_project_service.needed]
}

resource "google_storage_bucket" "lake" {
  name                        = "${local.prefix}-lake"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = var.force_destroy

  # No object versioning: a Delta table has versions of its own, and what it vacuums is to go.
  soft_delete_policy {
    retention_duration_seconds = var.keep_deleted_days * 86400
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 2
    }
  }

  depends_on = [google_project_service.needed]
}

# The function's source, and the Spark jobs' packages. All of it can be built again.
resource "google_storage_bucket" "code" {
  name                        = "${local.prefix}-code"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 2
    }
  }

  depends_on = [google_project_service.needed]
}
