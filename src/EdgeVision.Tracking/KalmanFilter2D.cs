namespace EdgeVision.Tracking;

/// <summary>Constant-velocity Kalman filter of two coupled signals: state x, y and their velocities, time step 1.</summary>
/// <remarks>
/// Double precision. A box uses two of them (centre and shape). The eight-dimensional filters of the trackers separate into exactly
/// these, because their noise is diagonal and the camera motion only rotates pairs.
/// </remarks>
internal struct KalmanFilter2D
{
    public double X, Y, VelocityX, VelocityY;

    // Covariances: of the positions (A), of position and velocity (B, row: position), of the velocities (D).
    private double _axx, _axy, _ayy, _bxx, _bxy, _byx, _byy, _dxx, _dxy, _dyy;

    /// <summary>Creates a filter at rest with the given variances.</summary>
    public static KalmanFilter2D Create(double x, double y, double varX, double varY, double varSpeedX, double varSpeedY) =>
        new() { X = x, Y = y, _axx = varX, _ayy = varY, _dxx = varSpeedX, _dyy = varSpeedY };

    /// <summary>Advances by one time step with the given process noise (variances).</summary>
    public void Predict(double varX, double varY, double varSpeedX, double varSpeedY)
    {
        X += VelocityX;
        Y += VelocityY;
        _axx += 2 * _bxx + _dxx + varX;
        _axy += _bxy + _byx + _dxy;
        _ayy += 2 * _byy + _dyy + varY;
        _bxx += _dxx;
        _bxy += _dxy;
        _byx += _dxy;
        _byy += _dyy;
        _dxx += varSpeedX;
        _dyy += varSpeedY;
    }

    /// <summary>Corrects the state with a measurement of both positions and its variances.</summary>
    public void Update(double x, double y, double varX, double varY)
    {
        double sxx = _axx + varX, syy = _ayy + varY, sxy = _axy;
        double determinant = sxx * syy - sxy * sxy;
        double ixx = syy / determinant, iyy = sxx / determinant, ixy = -sxy / determinant;

        // Gains: of the positions A S^-1, of the velocities B^T S^-1.
        double pxx = _axx * ixx + _axy * ixy, pxy = _axx * ixy + _axy * iyy;
        double pyx = _axy * ixx + _ayy * ixy, pyy = _axy * ixy + _ayy * iyy;
        double vxx = _bxx * ixx + _byx * ixy, vxy = _bxx * ixy + _byx * iyy;
        double vyx = _bxy * ixx + _byy * ixy, vyy = _bxy * ixy + _byy * iyy;
        double dx = x - X, dy = y - Y;
        X += pxx * dx + pxy * dy;
        Y += pyx * dx + pyy * dy;
        VelocityX += vxx * dx + vxy * dy;
        VelocityY += vyx * dx + vyy * dy;

        _dxx -= vxx * _bxx + vxy * _byx;
        _dxy -= vxx * _bxy + vxy * _byy;
        _dyy -= vyx * _bxy + vyy * _byy;
        (double bxx, double bxy, double byx, double byy) = (_bxx, _bxy, _byx, _byy);
        _bxx -= pxx * bxx + pxy * byx;
        _bxy -= pxx * bxy + pxy * byy;
        _byx -= pyx * bxx + pyy * byx;
        _byy -= pyx * bxy + pyy * byy;
        (double axx, double axy, double ayy) = (_axx, _axy, _ayy);
        _axx -= pxx * axx + pxy * axy;
        _axy -= pxx * axy + pxy * ayy;
        _ayy -= pyx * axy + pyy * ayy;
    }

    /// <summary>Applies the linear part of a motion to positions and velocities; the caller adds its translation.</summary>
    public void ApplyLinearPart(in AffineMotion m)
    {
        (X, Y) = (m.Xx * X + m.Xy * Y, m.Yx * X + m.Yy * Y);
        (VelocityX, VelocityY) = (m.Xx * VelocityX + m.Xy * VelocityY, m.Yx * VelocityX + m.Yy * VelocityY);
        (_axx, _axy, _, _ayy) = Transform(m, _axx, _axy, _axy, _ayy);
        (_bxx, _bxy, _byx, _byy) = Transform(m, _bxx, _bxy, _byx, _byy);
        (_dxx, _dxy, _, _dyy) = Transform(m, _dxx, _dxy, _dxy, _dyy);
    }

    // R C R^T.
    private static (double Xx, double Xy, double Yx, double Yy) Transform(in AffineMotion m, double xx, double xy, double yx, double yy)
    {
        double lxx = m.Xx * xx + m.Xy * yx, lxy = m.Xx * xy + m.Xy * yy, lyx = m.Yx * xx + m.Yy * yx, lyy = m.Yx * xy + m.Yy * yy;
        return (lxx * m.Xx + lxy * m.Xy, lxx * m.Yx + lxy * m.Yy, lyx * m.Xx + lyy * m.Xy, lyx * m.Yx + lyy * m.Yy);
    }
}
