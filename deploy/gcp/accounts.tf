# Who runs what, and what each may do. No account has a key: Google lends each its credentials.

# The functions: read landing, read and write the lake, and nothing else.
resource "google_service_account" "function" {
  account_id   = "${var.name}-function"
  display_name = "Reelhouse: ingests what lands"

  depends_on = [google_project_service.needed]
}

resource "google_storage_bucket_iam_member" "function_reads_landing" {
  bucket = google_storage_bucket.landing.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.function.member
}

resource "google_storage_bucket_iam_member" "function_writes_lake" {
  bucket = google_storage_bucket.lake.name
  role   = "roles/storage.objectUser"
  member = google_service_account.function.member
}

# The trigger: receive events, and call the one function.
resource "google_service_account" "trigger" {
  account_id   = "${var.name}-trigger"
  display_name = "Reelhouse: hands landing's events to the function"

  depends_on = [google_project_service.needed]
}

resource "google_project_iam_member" "trigger_receives" {
  project = var.project
  role    = "roles/eventarc.eventReceiver"
  member  = google_service_account.trigger.member
}

resource "google_cloud_run_v2_service_iam_member" "trigger_invokes" {
  name     = google_cloudfunctions2_function.ingest.name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.trigger.member
}

# Cloud Storage itself announces the files.
data "google_storage_project_service_account" "storage" {
  depends_on = [google_project_service.needed]
}

resource "google_project_iam_member" "storage_publishes" {
  project = var.project
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.storage.member
}

# The scheduler: call the sweep.
resource "google_service_account" "sweep" {
  account_id   = "${var.name}-sweep"
  display_name = "Reelhouse: calls the sweep"

  depends_on = [google_project_service.needed]
}

resource "google_cloud_run_v2_service_iam_member" "sweep_invokes" {
  name     = google_cloudfunctions2_function.sweep.name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.sweep.member
}

# The builder: makes the functions' image of their source. These are the roles that Cloud Build asks
# for; the default account, which it would else use, has far more, or in new projects too few.
resource "google_service_account" "build" {
  account_id   = "${var.name}-build"
  display_name = "Reelhouse: builds the functions"

  depends_on = [google_project_service.needed]
}

resource "google_project_iam_member" "build" {
  for_each = toset([
    "roles/artifactregistry.writer",
    "roles/logging.logWriter",
    "roles/storage.objectViewer",
  ])

  project = var.project
  role    = each.key
  member  = google_service_account.build.member
}

# Google's systems learn of new rights only after a while, and what is deployed before that fails.
resource "time_sleep" "rights" {
  create_duration = "90s"

  depends_on = [
    google_project_iam_member.build,
    google_project_iam_member.storage_publishes,
    google_project_iam_member.trigger_receives,
    google_storage_bucket_iam_member.function_reads_landing,
    google_storage_bucket_iam_member.function_writes_lake,
  ]
}
