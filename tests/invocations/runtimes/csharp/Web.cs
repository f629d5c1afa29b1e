using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Aliyun.Serverless.Core;
using Aliyun.Serverless.Core.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Shop
{
    public class Orders : FcHttpEntrypoint
    {
        public override async Task<HttpResponse> HandleRequest(HttpRequest request, HttpResponse response, IFcContext context)
        {
            response.StatusCode = 201;
            response.ContentType = "text/plain; charset=utf-8";
            response.Headers["X-Two"] = new[] { "1", "2" };
            string body = await new StreamReader(request.Body).ReadToEndAsync();
            string[] parts = { request.Method, request.PathBase, request.Path, request.QueryString.ToString(), request.Query["a"], request.Query["none"].Count.ToString(), request.Headers["X-Wide"], request.Headers["cookie"], request.ContentLength.ToString(), request.Host.Value, context.ServiceMeta.VersionId, body };
            await response.WriteAsync(string.Join("|", parts));
            return response;
        }
        protected override void Init(IWebHostBuilder builder) { }

        public void Sync(HttpRequest request, HttpResponse response, IFcContext context) { Write(response, "a"); Write(response, "b"); }
        public async Task Echo(HttpRequest request, HttpResponse response, IFcContext context)
        {
            var reader = new StreamReader(request.Body);
            string line;
            while ((line = await reader.ReadLineAsync()) != null)
                await response.WriteAsync(line.ToUpper() + "\n");
        }
        public async Task Whole(HttpRequest request, HttpResponse response, IFcContext context) { await request.Body.CopyToAsync(response.Body); }
        public async Task Replaced(HttpRequest request, HttpResponse response, IFcContext context) { response.Body = new MemoryStream(); await response.WriteAsync("in memory"); }
        public void Sleeps(HttpRequest request, HttpResponse response, IFcContext context) { Write(response, "a"); Thread.Sleep(200); Write(response, "b"); }
        public void AtTheBorder(HttpRequest request, HttpResponse response, IFcContext context)
        {
            var passed = System.Diagnostics.Stopwatch.StartNew();
            Write(response, "ab");
            while (passed.Elapsed.TotalMilliseconds < 5) { }
        }
        public void Flushes(HttpRequest request, HttpResponse response, IFcContext context) { Write(response, "a"); response.Body.Flush(); Write(response, "b"); }
        public async Task Awaits(HttpRequest request, HttpResponse response, IFcContext context) { await response.WriteAsync("a"); await Task.Delay(50); await response.WriteAsync("b"); }
        public void Large(HttpRequest request, HttpResponse response, IFcContext context) { for (int at = 0; at < 32; at++) response.Body.Write(Enumerable.Repeat((byte)at, 1 << 20).ToArray(), 0, 1 << 20); }
        public void TooLarge(HttpRequest request, HttpResponse response, IFcContext context) { try { while (true) response.Body.Write(new byte[1 << 20], 0, 1 << 20); } catch (Exception) { } }
        public void Empty(HttpRequest request, HttpResponse response, IFcContext context) { response.StatusCode = 204; Write(response, "none"); }
        public void Wide(HttpRequest request, HttpResponse response, IFcContext context) { response.Headers["X-A"] = "\u0101"; }
        public void Zero(HttpRequest request, HttpResponse response, IFcContext context) { response.Headers["X-A"] = "a\0b"; }
        public void Status(HttpRequest request, HttpResponse response, IFcContext context) { response.StatusCode = 70000; }
        public void Throws(HttpRequest request, HttpResponse response, IFcContext context) { Write(response, "a"); throw new InvalidOperationException("no"); }
        public void Short(HttpRequest request, HttpResponse response, IFcContext context) { response.ContentLength = 3; Write(response, "a"); response.Body.Flush(); }
        public void Long(HttpRequest request, HttpResponse response, IFcContext context) { response.ContentLength = 1; Write(response, "a"); response.Body.Flush(); Write(response, "bc"); }
        public void TooLate(HttpRequest request, HttpResponse response, IFcContext context) { Write(response, "a"); response.Body.Flush(); response.Headers["X-A"] = "1"; }
        public void Plain(HttpRequest request, HttpResponse response) { }
        public void Endless(HttpRequest request, HttpResponse response, IFcContext context)
        {
            try { while (true) { Write(response, "a"); response.Body.Flush(); Thread.Sleep(10); } }
            finally { Console.WriteLine("closed"); }
        }
        public async Task Reads(HttpRequest request, HttpResponse response, IFcContext context)
        {
            try { await new StreamReader(request.Body).ReadToEndAsync(); }
            catch (IOException error) { await response.WriteAsync(error.Message); }
        }
        public void Ignores(HttpRequest request, HttpResponse response, IFcContext context) { Write(response, request.QueryString.Value); }

        private static void Write(HttpResponse response, string text) { byte[] bytes = Encoding.UTF8.GetBytes(text); response.Body.Write(bytes, 0, bytes.Length); }
    }
}
