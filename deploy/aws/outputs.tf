output "landing" {
  description = "Where to land files: reelhouse land FILE --to this."
  value       = "s3://${aws_s3_bucket.this["landing"].id}"
}

output "lake" {
  description = "Where the tables are: reelhouse status --lake this."
  value       = "s3://${aws_s3_bucket.this["lake"].id}"
}

output "code" {
  description = "Where the Spark jobs' packages go."
  value       = "s3://${aws_s3_bucket.this["code"].id}"
}

output "repository" {
  description = "Where the function's image is pushed to."
  value       = aws_ecr_repository.function.repository_url
}

output "function" {
  description = "The function's name, once there is an image."
  value       = one(aws_lambda_function.ingest[*].function_name)
}

output "log_group" {
  description = "Where the function's log is: aws logs tail."
  value       = aws_cloudwatch_log_group.function.name
}

output "failed_events" {
  description = "The queue of the events that the function gave up."
  value       = aws_sqs_queue.failed.url
}

output "region" {
  description = "Where all of it is; set AWS_REGION to it."
  value       = var.region
}

output "spark_application" {
  description = "The EMR Serverless application, if spark = true."
  value       = one(aws_emrserverless_application.spark[*].id)
}

output "spark_role" {
  description = "The role that Spark jobs run as, if spark = true."
  value       = one(aws_iam_role.spark[*].arn)
}
