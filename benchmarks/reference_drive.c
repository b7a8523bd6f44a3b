/* How fast can the recursion of the modes be? The floor that the compiled drive is measured against.
 *
 *     cc -O3 -march=native reference_drive.c -o reference_drive && ./reference_drive MODES SAMPLES REPEATS
 *
 * z' = -rate z + V', held voltage: one factor a step; measured voltage: a slope as well. Every sample's row is written
 * to a block of 4096 rows, as the reduction reads it. Prints nanoseconds a sample, best of REPEATS: held, measured.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BLOCK = 4096 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

/* Memory that begins where a line of the cache does. */
static double *lines(size_t n)
{
    return aligned_alloc(64, (n * sizeof(double) + 63) / 64 * 64);
}

static void held(int m, const double *restrict decay, double *restrict z, double *restrict rows)
{
    for (int n = 0; n < BLOCK; n++) {
        double *restrict row = rows + (size_t)n * m;
        for (int j = 0; j < m; j++)
            row[j] = z[j] = z[j] * decay[j];
    }
}

static void measured(int m, double per_s, const double *restrict volts, const double *restrict decay,
                     const double *restrict grown, double *restrict z, double *restrict rows)
{
    for (int n = 0; n < BLOCK; n++) {
        double *restrict row = rows + (size_t)n * m;
        const double slope = (volts[n + 1] - volts[n]) * per_s;
        for (int j = 0; j < m; j++)
            row[j] = z[j] = z[j] * decay[j] + slope * grown[j];
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 1;
    const int m = atoi(argv[1]), blocks = atoi(argv[2]) / BLOCK, repeats = atoi(argv[3]);
    double *decay = lines(m), *grown = lines(m), *z = lines(m), *rows = lines((size_t)BLOCK * m), *volts = lines(BLOCK + 1);
    double best[2] = {1e9, 1e9}, sum = 0.0;
    for (int n = 0; n <= BLOCK; n++)
        volts[n] = sin(0.01 * n);
    for (int j = 0; j < m; j++) {
        /* Slow enough that no state becomes subnormal within the run: that would measure something else. */
        const double x = 1e-6 * pow(10.0, -j / 6.0);
        decay[j] = exp(-x);
        grown[j] = -expm1(-x) / x;
    }
    for (int kind = 0; kind < 2; kind++)
        for (int repeat = 0; repeat <= repeats; repeat++) {
            for (int j = 0; j < m; j++)
                z[j] = 1.0;
            const double begun = now_s();
            for (int block = 0; block < blocks; block++) {
                if (kind == 0)
                    held(m, decay, z, rows);
                else
                    measured(m, 1.0, volts, decay, grown, z, rows);
                sum += rows[block % BLOCK];
            }
            const double took = now_s() - begun;
            if (repeat > 0 && took < best[kind])
                best[kind] = took;
        }
    printf("%.4f %.4f %g\n", 1e9 * best[0] / blocks / BLOCK, 1e9 * best[1] / blocks / BLOCK, sum);
    return 0;
}
