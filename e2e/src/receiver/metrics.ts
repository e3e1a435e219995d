// The client metrics of the MoQ stack ("Client Experience", "Decode/Render"), by the names they must have in Prometheus.

export const HISTOGRAMS = [
  'moq_client_buffer_length_seconds',
  'moq_client_startup_time_seconds',
  'moq_client_latency_seconds',
  'moq_client_bitrate_bps',
  'moq_client_keyframe_interval_seconds',
  'moq_client_decode_time_seconds',
  'moq_client_av_sync_drift_seconds',
];

export const COUNTERS = [
  'moq_client_quality_switches_total',
  'moq_client_connections_total',
  'moq_client_rebuffer_count_total',
  'moq_client_frames_decoded_total',
  'moq_client_frames_dropped_total',
];
