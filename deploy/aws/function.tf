# The Lambda function, its image, and what calls it. It is there once image_tag is given.

locals {
  function = "${var.name}-ingest"
  deployed = var.image_tag == null ? 0 : 1
}

resource "aws_ecr_repository" "function" {
  name                 = local.function
  image_tag_mutability = "IMMUTABLE"
  force_delete         = true

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "function" {
  repository = aws_ecr_repository.function.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last three images"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 3 }
      action       = { type = "expire" }
    }]
  })
}

data "aws_iam_policy_document" "pull" {
  statement {
    actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_ecr_repository_policy" "function" {
  repository = aws_ecr_repository.function.name
  policy     = data.aws_iam_policy_document.pull.json
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${local.function}"
  retention_in_days = var.log_days
}

# Events that the function has given up. Their sources are not lost: the sweep takes them.
resource "aws_sqs_queue" "failed" {
  name                      = "${var.name}-failed-events"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

data "aws_iam_policy_document" "function_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  name               = local.function
  assume_role_policy = data.aws_iam_policy_document.function_trust.json
}

# Read landing, read and write the lake; write its own log, and to the queue of failed events.
data "aws_iam_policy_document" "function" {
  # Without the right to list, S3 says of a file that is gone that it is forbidden. The condition
  # s3:prefix would take that right away again.
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.this["landing"].arn, aws_s3_bucket.this["lake"].arn]
  }

  statement {
    sid       = "ReadLanding"
    actions   = ["s3:GetObject"]
    resources = [for dataset in var.datasets : "${aws_s3_bucket.this["landing"].arn}/${dataset}/*"]
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
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }

  statement {
    sid       = "TellOfFailedEvents"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.failed.arn]
  }
}

resource "aws_iam_role_policy" "function" {
  name   = "reelhouse"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.function.json
}

data "aws_ecr_image" "function" {
  count = local.deployed

  repository_name = aws_ecr_repository.function.name
  image_tag       = var.image_tag
}

resource "aws_lambda_function" "ingest" {
  count = local.deployed

  function_name                  = local.function
  description                    = "Reelhouse: judges each file that lands, and commits it to the lake"
  role                           = aws_iam_role.function.arn
  package_type                   = "Image"
  image_uri                      = "${aws_ecr_repository.function.repository_url}@${data.aws_ecr_image.function[0].image_digest}"
  architectures                  = ["x86_64"]
  memory_size                    = var.memory_mb
  timeout                        = 300
  reserved_concurrent_executions = var.max_instances

  environment {
    variables = {
      REELHOUSE_LANDING       = "s3://${aws_s3_bucket.this["landing"].id}"
      REELHOUSE_LAKE          = "s3://${aws_s3_bucket.this["lake"].id}"
      REELHOUSE_DATASETS      = join(",", var.datasets)
      REELHOUSE_MEMORY_MB     = tostring(var.memory_mb)
      REELHOUSE_LEASE_SECONDS = tostring(var.lease_seconds)
      REELHOUSE_LOG           = "WARNING"
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function.name
  }

  depends_on = [aws_ecr_repository_policy.function, aws_iam_role_policy.function]
}

resource "aws_lambda_function_event_invoke_config" "ingest" {
  count = local.deployed

  function_name                = aws_lambda_function.ingest[0].function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 3600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.failed.arn
    }
  }
}

# S3 calls the function for what lands in a dataset's folder.
resource "aws_lambda_permission" "landing" {
  count = local.deployed

  statement_id   = "landing"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.ingest[0].function_name
  principal      = "s3.amazonaws.com"
  source_arn     = aws_s3_bucket.this["landing"].arn
  source_account = local.account
}

resource "aws_s3_bucket_notification" "landing" {
  count = local.deployed

  bucket = aws_s3_bucket.this["landing"].id

  dynamic "lambda_function" {
    for_each = toset(var.datasets)

    content {
      id                  = lambda_function.key
      lambda_function_arn = aws_lambda_function.ingest[0].arn
      events              = ["s3:ObjectCreated:*"]
      filter_prefix       = "${lambda_function.key}/"
    }
  }

  depends_on = [aws_lambda_permission.landing]
}

# The sweep takes what events and crashes have left.
data "aws_iam_policy_document" "sweep_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role" "sweep" {
  name               = "${var.name}-sweep"
  assume_role_policy = data.aws_iam_policy_document.sweep_trust.json
}

data "aws_iam_policy_document" "sweep" {
  count = local.deployed

  statement {
    actions   = ["lambda:InvokeFunction"]
    resources = [aws_lambda_function.ingest[0].arn]
  }
}

resource "aws_iam_role_policy" "sweep" {
  count = local.deployed

  name   = "invoke"
  role   = aws_iam_role.sweep.id
  policy = data.aws_iam_policy_document.sweep[0].json
}

resource "aws_scheduler_schedule" "sweep" {
  count = local.deployed

  name                = "${var.name}-sweep"
  schedule_expression = "rate(${var.sweep_minutes} minutes)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.ingest[0].arn
    role_arn = aws_iam_role.sweep.arn
    input    = jsonencode({ sweep = true })

    retry_policy {
      maximum_retry_attempts       = 1
      maximum_event_age_in_seconds = 300
    }
  }

  depends_on = [aws_iam_role_policy.sweep]
}
