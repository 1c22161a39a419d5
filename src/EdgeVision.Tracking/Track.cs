namespace EdgeVision.Tracking;

/// <summary>One tracked object in the last frame.</summary>
/// <param name="Id">Id from 1 up, in the order in which tracks began; never reused.</param>
/// <param name="Box">Filtered position of the object, in pixels of the frame; not the detection's box.</param>
/// <param name="Score">Score of the last detection.</param>
/// <param name="ClassId">Class of the last detection.</param>
/// <param name="Detection">Index of this frame's detection.</param>
/// <param name="Frames">Number of frames since the track began, this one included.</param>
public readonly record struct Track(int Id, Box Box, float Score, int ClassId, int Detection, int Frames);
