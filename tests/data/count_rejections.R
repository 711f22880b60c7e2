# Rscript tests/data/count_rejections.R: what p.adjust of R 4.2.2 rejects of a million p-values; tests/core/fdr_test.cpp has its counts.
i <- 1:1000000
u <- ((i * 2654435761) %% 4294967296 + 0.5) / 4294967296
p <- ifelse(i %% 10 == 0, u * u * u * u * u * u, u)
for (m in c("BH", "BY")) for (a in c(0.001, 0.01, 0.05)) cat(m, a, sum(p.adjust(p, m) <= a), "\n")
g <- 0.05 * (i + 0.5) / 1e6
cat("grid", sum(p.adjust(g, "BH") <= 0.05), "\n")
g[500000] <- 0.05 * 500000 / 1e6 * (1 - 1e-6)
cat("grid with one below", sum(p.adjust(g, "BH") <= 0.05), "\n")
