terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.0, < 9.0"
    }
    time = {
      source  = "hashicorp/time"
      version = "~> 0.13"
    }
  }
}

# Credentials are those of `gcloud auth application-default login`; none are written here or kept in
# the state.
provider "google" {
  project        = var.project
  region         = var.region
  default_labels = var.labels
}

# The API of budgets wants to know which project asks.
provider "google" {
  alias                 = "budget"
  project               = var.project
  region                = var.region
  default_labels        = var.labels
  billing_project       = var.project
  user_project_override = true
}
