namespace EdgeVision.Pipeline.Ledger;

/// <summary>Reason for which a frame was dropped.</summary>
internal enum DropReason
{
    Policy,
    Stale,
    DecodeError,
    Stopped,
}
