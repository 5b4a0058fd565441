variable "project" {
  description = "The ID of the Google Cloud project of the warehouse."
  type        = string
}

variable "location" {
  description = "Where the data are: the location of the landing bucket, such as europe-west1 or EU."
  type        = string
}

variable "landing_bucket" {
  description = "The name of the landing bucket, such as that which deploy/gcp has made."
  type        = string
}

variable "readers" {
  description = "Who may read core and errors, such as group:analysts@example.com."
  type        = set(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether terraform destroy deletes the tables too."
  type        = bool
  default     = false
}
