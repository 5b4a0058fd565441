# The buckets. A name of an S3 bucket is one in the whole world, so the account's number is in it.

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id

  buckets = {
    landing = {
      name      = "${var.name}-${local.account}-${var.region}-landing"
      versions  = true
      temporary = false
    }
    lake = {
      name      = "${var.name}-${local.account}-${var.region}-lake"
      versions  = true
      temporary = false
    }
    # the Spark jobs' packages and logs; all of it can be built again
    code = {
      name      = "${var.name}-${local.account}-${var.region}-code"
      versions  = false
      temporary = true
    }
  }
}

resource "aws_s3_bucket" "this" {
  for_each = local.buckets

  bucket        = each.value.name
  force_destroy = var.force_destroy || each.value.temporary

  lifecycle {
    precondition {
      condition     = length(each.value.name) <= 63
      error_message = "${each.value.name} is longer than a bucket's name may be: choose a shorter name."
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = aws_s3_bucket.this

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# Deleted and replaced files can be brought back for some days.
resource "aws_s3_bucket_versioning" "this" {
  for_each = { for key, bucket in local.buckets : key => bucket if bucket.versions }

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "uploads-broken-off"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  rule {
    id     = "deleted-and-replaced-files"
    status = each.value.versions ? "Enabled" : "Disabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.keep_deleted_days
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  rule {
    id     = "logs"
    status = each.value.temporary ? "Enabled" : "Disabled"

    filter {
      prefix = "logs/"
    }

    expiration {
      days = var.log_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

data "aws_iam_policy_document" "encrypted_only" {
  for_each = aws_s3_bucket.this

  statement {
    sid       = "EncryptedConnectionsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value.arn, "${each.value.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id
  policy = data.aws_iam_policy_document.encrypted_only[each.key].json

  depends_on = [aws_s3_bucket_public_access_block.this]
}
