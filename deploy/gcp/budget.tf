# An e-mail to those who pay, at half and at all of the budget. It stops nothing.

resource "google_billing_budget" "alert" {
  count    = var.billing_account == null ? 0 : 1
  provider = google.budget

  billing_account = var.billing_account
  display_name    = "${var.name} in ${var.project}"

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }

  amount {
    specified_amount {
      units = tostring(var.budget)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 1.0]

    content {
      threshold_percent = threshold_rules.value
    }
  }

  depends_on = [google_project_service.needed]
}
