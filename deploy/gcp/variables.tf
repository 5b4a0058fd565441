variable "project" {
  description = "The ID of the Google Cloud project that all of this goes into."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project must be a project's ID, such as my-project-123 (not its name or number)."
  }
}

variable "region" {
  description = "One region, for the buckets, the functions and the trigger alike: a trigger must be where its bucket is."
  type        = string
  default     = "europe-west1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be one region, such as europe-west1; no zone, and no multi-region such as EU."
  }
}

variable "name" {
  description = "How the names of all that is made begin."
  type        = string
  default     = "reelhouse"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}[a-z0-9]$", var.name)) && !strcontains(var.name, "goog")
    error_message = "name must be 3 to 16 of a-z, 0-9 and -, begin with a letter, and not hold goog, which buckets may not."
  }
}

variable "labels" {
  description = "Labels for all that is made; bills can be split by them."
  type        = map(string)
  default     = { app = "reelhouse" }
}

variable "package" {
  description = "The function's source, as python -m deploy.package gcp builds it."
  type        = string
  default     = "../../dist/reelhouse-gcp.zip"

  validation {
    condition     = fileexists(var.package)
    error_message = "There is no such file: build it first, in the project's folder: .venv/bin/python -m deploy.package gcp"
  }
}

variable "datasets" {
  description = "What the function ingests as it lands. The rest waits for Spark, or for reelhouse ingest."
  type        = list(string)
  default     = ["videos"]

  validation {
    condition     = length(var.datasets) > 0 && alltrue([for each in var.datasets : can(regex("^[a-z][a-z0-9_]*$", each))])
    error_message = "datasets must be names of contracts, such as [\"videos\", \"users\"]."
  }
}

variable "memory_mb" {
  description = "The function's memory. 512 is enough for sources of up to 50 MB."
  type        = number
  default     = 512

  validation {
    condition     = contains([512, 1024, 2048, 4096], var.memory_mb)
    error_message = "memory_mb must be 512, 1024, 2048 or 4096."
  }
}

variable "max_instances" {
  description = "How many copies of the function may run at once: the most that a burst of files can cost."
  type        = number
  default     = 2

  validation {
    condition     = var.max_instances >= 1 && var.max_instances <= 20
    error_message = "max_instances must be from 1 to 20; more would only wait for each other's commits."
  }
}

variable "concurrency" {
  description = "How many events one copy takes at once. The first takes all that has landed; the others then find nothing left."
  type        = number
  default     = 16

  validation {
    condition     = var.concurrency >= 1 && var.concurrency <= 80
    error_message = "concurrency must be from 1 to 80."
  }
}

variable "sweep_minutes" {
  description = "How often the sweep looks for what events and crashes have left."
  type        = number
  default     = 10

  validation {
    condition     = contains([5, 10, 15, 20, 30, 60], var.sweep_minutes)
    error_message = "sweep_minutes must be 5, 10, 15, 20, 30 or 60."
  }
}

variable "lease_seconds" {
  description = "How long a run that is not heard of keeps its batch."
  type        = number
  default     = 60

  validation {
    condition     = var.lease_seconds >= 30 && var.lease_seconds <= 3600
    error_message = "lease_seconds must be from 30 to 3600."
  }
}

variable "keep_deleted_days" {
  description = "How long deleted and replaced files of both buckets can be brought back; they cost as others do. 0: not at all."
  type        = number
  default     = 7

  validation {
    condition     = var.keep_deleted_days == 0 || (var.keep_deleted_days >= 7 && var.keep_deleted_days <= 90)
    error_message = "keep_deleted_days must be 0, or from 7 to 90."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy may delete buckets that still hold files."
  type        = bool
  default     = false
}

variable "spark" {
  description = "Whether to make what the Spark jobs need: Dataproc's API, and an account for the jobs."
  type        = bool
  default     = false
}

variable "billing_account" {
  description = "The billing account's ID, for an alert at half and at all of the monthly budget. Null: no alert."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account must look like 012345-6789AB-CDEF01: see gcloud billing accounts list."
  }
}

variable "budget" {
  description = "The monthly budget, in whole units of the billing account's currency. It is an alert, and stops nothing."
  type        = number
  default     = 10

  validation {
    condition     = var.budget >= 1 && floor(var.budget) == var.budget
    error_message = "budget must be a whole number, 1 or more."
  }
}
