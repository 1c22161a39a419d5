# Checks this package where it lies: every file against MANIFEST.sha256, what the machine offers, the self-test of each model, and the pipeline.
# Exit code 0 where all is well, 1 where not.
Set-Location $PSScriptRoot
$failed = 0
foreach ($line in Get-Content MANIFEST.sha256) {
    $hash, $file = $line -split '  ', 2
    if (-not (Test-Path -LiteralPath $file) -or (Get-FileHash -Algorithm SHA256 -LiteralPath $file).Hash -ne $hash) {
        Write-Output "FAILED  $file differs from MANIFEST.sha256"
        $failed = 1
    }
}

function Step($what) {
    & .\bin\edgevision.exe @args
    if ($LASTEXITCODE -ne 0) {
        Write-Output "FAILED  $what"
        $script:failed = 1
    } else {
        Write-Output "ok      $what"
    }
}

Step 'program' doctor
{{MODELS}}
Step 'pipeline.yaml' pipeline check pipeline.yaml
exit $failed
