variable "region" {
  description = "The region that all of this goes into."
  type        = string
  default     = "eu-west-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region, such as eu-west-1; no availability zone such as eu-west-1a."
  }
}

variable "name" {
  description = "How the names of all that is made begin."
  type        = string
  default     = "reelhouse"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 16 of a-z, 0-9 and -, and begin with a letter."
  }
}

variable "tags" {
  description = "Tags for all that is made; bills can be split by them."
  type        = map(string)
  default     = { app = "reelhouse" }
}

variable "image_tag" {
  description = "The tag of the function's image in the repository that this makes. Null: everything but the function, so that there is a repository to push the image to."
  type        = string
  default     = null

  validation {
    condition     = var.image_tag == null || can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.image_tag))
    error_message = "image_tag must be a tag, as python -m deploy.package aws prints it; no repository before it."
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
  description = "The function's memory; its share of a processor grows with it. 512 is enough for sources of up to 50 MB."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_mb >= 512 && var.memory_mb <= 10240
    error_message = "memory_mb must be from 512 to 10240."
  }
}

variable "max_instances" {
  description = "How many copies of the function may run at once (reserved concurrency): the most that a burst of files can cost. -1: no limit, for new accounts, which may not reserve any."
  type        = number
  default     = 2

  validation {
    condition     = var.max_instances == -1 || (var.max_instances >= 1 && var.max_instances <= 20)
    error_message = "max_instances must be from 1 to 20, or -1; more would only wait for each other's commits."
  }
}

variable "sweep_minutes" {
  description = "How often the sweep looks for what events and crashes have left."
  type        = number
  default     = 10

  validation {
    condition     = var.sweep_minutes >= 5 && var.sweep_minutes <= 1440
    error_message = "sweep_minutes must be from 5 to 1440."
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
  description = "How long deleted and replaced files of both buckets can be brought back; they cost as others do."
  type        = number
  default     = 7

  validation {
    condition     = var.keep_deleted_days >= 1 && var.keep_deleted_days <= 365
    error_message = "keep_deleted_days must be from 1 to 365."
  }
}

variable "log_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365], var.log_days)
    error_message = "log_days must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy may delete buckets that still hold files."
  type        = bool
  default     = false
}

variable "spark" {
  description = "Whether to make what the Spark jobs need: an EMR Serverless application, and a role for the jobs."
  type        = bool
  default     = false
}

variable "spark_max_cpus" {
  description = "How many processors all Spark jobs together may have at once, with 4 GB of memory for each."
  type        = number
  default     = 16

  validation {
    condition     = var.spark_max_cpus >= 8 && var.spark_max_cpus <= 400
    error_message = "spark_max_cpus must be from 8 to 400: a driver and one executor of 4 each are the least."
  }
}

variable "alert_email" {
  description = "Who hears of it when half and when all of the monthly budget is spent. Null: nobody."
  type        = string
  default     = null

  validation {
    condition     = var.alert_email == null || can(regex("^[^@ ]+@[^@ ]+$", var.alert_email))
    error_message = "alert_email must be an e-mail address."
  }
}

variable "budget" {
  description = "The monthly budget of the whole account, in US dollars. It is an alert, and stops nothing."
  type        = number
  default     = 10

  validation {
    condition     = var.budget > 0
    error_message = "budget must be more than 0."
  }
}
