# What the Spark jobs need besides the buckets. Nothing here costs anything until a job is submitted,
# and the application stops by itself when there is none.

resource "aws_emrserverless_application" "spark" {
  count = var.spark ? 1 : 0

  name          = var.name
  type          = "spark"
  release_label = "emr-spark-8.0.0"
  architecture  = "X86_64"

  maximum_capacity {
    cpu    = "${var.spark_max_cpus} vCPU"
    memory = "${var.spark_max_cpus * 4} GB"
    disk   = "${var.spark_max_cpus * 20} GB"
  }

  auto_stop_configuration {
    enabled              = true
    idle_timeout_minutes = 5
  }
}

data "aws_iam_policy_document" "spark_trust" {
  count = var.spark ? 1 : 0

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["emr-serverless.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values = [
        "arn:${data.aws_partition.this.partition}:emr-serverless:${var.region}:${local.account}:/applications/${aws_emrserverless_application.spark[0].id}",
      ]
    }
  }
}

resource "aws_iam_role" "spark" {
  count = var.spark ? 1 : 0

  name               = "${var.name}-spark"
  assume_role_policy = data.aws_iam_policy_document.spark_trust[0].json
}

# Read landing and the packages, read and write the lake, write logs.
data "aws_iam_policy_document" "spark" {
  count = var.spark ? 1 : 0

  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [for bucket in aws_s3_bucket.this : bucket.arn]
  }

  statement {
    sid     = "Read"
    actions = ["s3:GetObject"]
    resources = [
      "${aws_s3_bucket.this["landing"].arn}/*",
      "${aws_s3_bucket.this["code"].arn}/*",
    ]
  }

  statement {
    sid = "WriteLake"
    actions = [
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
    ]
    resources = ["${aws_s3_bucket.this["lake"].arn}/*"]
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.this["code"].arn}/logs/*"]
  }
}

resource "aws_iam_role_policy" "spark" {
  count = var.spark ? 1 : 0

  name   = "reelhouse"
  role   = aws_iam_role.spark[0].id
  policy = data.aws_iam_policy_document.spark[0].json
}
