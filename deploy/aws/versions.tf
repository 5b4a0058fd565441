terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

# Credentials are the AWS command line's; none are written here or kept in the state.
provider "aws" {
  region = var.region

  default_tags {
    tags = var.tags
  }
}
