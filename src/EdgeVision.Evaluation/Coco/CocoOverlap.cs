namespace EdgeVision.Evaluation.Coco;

/// <summary>Computes the overlap of a detection and an annotation, 0 to 1, as pycocotools does.</summary>
/// <remarks>Source: maskApi.c bbIou and rleIou, cocoeval.py computeOks.</remarks>
internal static class CocoOverlap
{
    // numpy.spacing(1), avoids a division by an area of 0.
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>Computes the IoU of boxes; for a crowd, the intersection over the detection's own area.</summary>
    public static double BoxIou(in CocoBox detection, in CocoBox annotation, bool crowd)
    {
        double width = Math.Min(detection.X + detection.Width, annotation.X + annotation.Width) - Math.Max(detection.X, annotation.X);
        double height = Math.Min(detection.Y + detection.Height, annotation.Y + annotation.Height) - Math.Max(detection.Y, annotation.Y);
        if (width <= 0 || height <= 0)
        {
            return 0;
        }

        double both = width * height;
        return both / (crowd ? detection.Area : detection.Area + annotation.Area - both);
    }

    /// <summary>Computes the IoU of masks; for a crowd, the intersection over the detection's own area.</summary>
    public static double MaskIou(CocoMask detection, CocoMask annotation, bool crowd)
    {
        long both = detection.Intersection(annotation);
        return both == 0 ? 0 : (double)both / (crowd ? detection.Area : detection.Area + annotation.Area - both);
    }

    /// <summary>
    /// Computes OKS: the mean of exp(-d^2 / (2 * area * (2 sigma)^2)) over the annotation's labelled keypoints.
    /// </summary>
    /// <remarks>
    /// When no keypoint is labelled, the mean is over all of them, with the distance to the annotation's box enlarged by one
    /// width and one height on each side.
    /// </remarks>
    public static double ObjectKeypointSimilarity(IReadOnlyList<CocoKeypoint> detection, in CocoAnnotation annotation, double area, IReadOnlyList<double> sigmas)
    {
        var points = annotation.Keypoints!;
        bool labelled = CountLabelled(points) > 0;
        var box = annotation.Box;
        double left = box.X - box.Width, right = box.X + box.Width * 2, top = box.Y - box.Height, bottom = box.Y + box.Height * 2;
        double sum = 0;
        int count = 0;
        for (int k = 0; k < sigmas.Count; k++)
        {
            double dx, dy;
            if (labelled)
            {
                if (points[k].Visibility <= 0)
                {
                    continue;
                }

                dx = detection[k].X - points[k].X;
                dy = detection[k].Y - points[k].Y;
            }
            else
            {
                dx = Math.Max(0, left - detection[k].X) + Math.Max(0, detection[k].X - right);
                dy = Math.Max(0, top - detection[k].Y) + Math.Max(0, detection[k].Y - bottom);
            }

            double spread = sigmas[k] * 2;
            sum += Math.Exp(-((dx * dx + dy * dy) / (spread * spread) / (area + Epsilon) / 2));
            count++;
        }

        return sum / count;
    }

    /// <summary>Counts the labelled keypoints (visibility above 0).</summary>
    public static int CountLabelled(IReadOnlyList<CocoKeypoint> points)
    {
        int labelled = 0;
        for (int i = 0; i < points.Count; i++)
        {
            labelled += points[i].Visibility > 0 ? 1 : 0;
        }

        return labelled;
    }
}
